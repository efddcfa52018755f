import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Operation } from '@flotilla/shared/argo/application'
import { orderedBy } from '@flotilla/shared/lang/order'
import { differencesOf, type Differences } from './differences.ts'
import { normalizedSpec } from './spec.ts'
import type { ApplicationSet, ApplicationsSync, Generated } from './types.ts'

/** What becomes of the applications of a set; a value, so that a preview can show it. */
export interface Plan {
  readonly create: readonly KubeObject[]
  readonly update: readonly { readonly current: KubeObject; readonly next: KubeObject }[]
  readonly remove: readonly KubeObject[]
  /** Applications of that name that something else controls. */
  readonly foreign: readonly KubeObject[]
}

/** Annotations that others write on applications, kept whatever the template says. Source: Argo CD's documentation. */
const keptAnnotations = [
  'notified.notifications.argoproj.io',
  'argocd.argoproj.io/refresh',
  'argocd.argoproj.io/refresh-timestamp',
  'argocd.argoproj.io/hydrate',
  'argocd.argoproj.io/hydrate-timestamp',
]
const keptFinalizers = ['pre-delete-finalizer.argocd.argoproj.io', 'post-delete-finalizer.argocd.argoproj.io']

const mayUpdate: Readonly<Record<ApplicationsSync, boolean>> = {
  sync: true,
  'create-update': true,
  'create-delete': false,
  'create-only': false,
}
const mayDelete: Readonly<Record<ApplicationsSync, boolean>> = {
  sync: true,
  'create-delete': true,
  'create-update': false,
  'create-only': false,
}

/** The owner reference by which a set's applications are known, and deleted with it. */
export function ownedBy(set: ApplicationSet): NonNullable<KubeObject['metadata']['ownerReferences']>[number] {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    name: set.metadata.name ?? '',
    uid: set.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/**
 * Whether an application is the set's. Its name tells, not its identity: who deletes a set and leaves its applications
 * can make it anew.
 */
export function owns(set: ApplicationSet, application: KubeObject): boolean {
  const owner = controllerOf(application)
  return owner !== undefined && owner.kind === 'ApplicationSet' && owner.name === set.metadata.name
}

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number]

function controllerOf(application: KubeObject): Owner | undefined {
  return application.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

/** Whether the policy lets applications be changed that are there. */
export function updates(set: ApplicationSet): boolean {
  return mayUpdate[set.spec.syncPolicy?.applicationsSync ?? 'sync'] ?? true
}

/** Whether the policy lets applications be deleted that are no longer generated. */
export function deletes(set: ApplicationSet): boolean {
  return mayDelete[set.spec.syncPolicy?.applicationsSync ?? 'sync'] ?? true
}

export interface PlanInput {
  /** What may be stored: all that was generated but what is not valid. */
  readonly valid: readonly Generated[]
  readonly generated: readonly Generated[]
  readonly current: readonly KubeObject[]
  /** Forbids deletions, whatever the policy says. */
  readonly keep: boolean
  readonly differences?: Differences
  /** Operations that a rollout begins, by application. */
  readonly operations?: ReadonlyMap<string, Operation>
}

/** Compares what was generated with what is there. */
export function plan(set: ApplicationSet, input: PlanInput): Plan {
  const { valid, generated, current, keep, operations, differences = differencesOf(undefined) } = input
  const byName = new Map(current.map((one) => [one.metadata.name, one]))
  const wanted = new Set(generated.map((one) => one.metadata.name))
  const create: KubeObject[] = []
  const update: { current: KubeObject; next: KubeObject }[] = []
  const foreign: KubeObject[] = []
  for (const one of valid.toSorted(orderedBy(({ metadata }) => metadata.name ?? ''))) {
    const existing = byName.get(one.metadata.name)
    const operation = existing?.['operation'] ? undefined : operations?.get(one.metadata.name ?? '')
    if (!existing) {
      const metadata = { ...one.metadata, ownerReferences: [ownedBy(set)] }
      create.push({ ...one, spec: normalizedSpec(one.spec), metadata })
    } else if (!owns(set, existing) && controllerOf(existing)) {
      foreign.push(existing)
    } else if (!owns(set, existing) || updates(set)) {
      const settled = differences.settle(existing, merged(set, existing, one))
      const next = operation ? { ...settled, operation } : settled
      if (next !== existing) update.push({ current: existing, next })
    }
  }
  const remove =
    keep || !deletes(set)
      ? []
      : current.filter((one) => owns(set, one) && !wanted.has(one.metadata.name) && !one.metadata.deletionTimestamp)
  return { create, update, remove, foreign }
}

/** The application with the spec, labels, annotations and finalizers of the template, and what others keep on it. */
function merged(set: ApplicationSet, current: KubeObject, generated: Generated): KubeObject {
  const kept = (all: Record<string, string> | undefined, names: readonly string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => names.includes(name)))
  const annotations = {
    ...generated.metadata.annotations,
    ...kept(current.metadata.annotations, [...keptAnnotations, ...(set.spec.preservedFields?.annotations ?? [])]),
  }
  const labels = {
    ...generated.metadata.labels,
    ...kept(current.metadata.labels, set.spec.preservedFields?.labels ?? []),
  }
  const finalizers = [
    ...(generated.metadata.finalizers ?? []),
    ...(current.metadata.finalizers ?? []).filter((one) => keptFinalizers.some((name) => one.startsWith(name))),
  ]
  const metadata = { ...current.metadata }
  delete metadata.annotations
  delete metadata.labels
  delete metadata.finalizers
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations
  if (Object.keys(labels).length > 0) metadata.labels = labels
  if (finalizers.length > 0) metadata.finalizers = finalizers
  const owner = controllerOf(current)
  if (owner?.uid !== set.metadata.uid) {
    const others = (metadata.ownerReferences ?? []).filter((each) => each !== owner)
    metadata.ownerReferences = [...others, ownedBy(set)]
  }
  return { ...current, metadata, spec: normalizedSpec(generated.spec) }
}
