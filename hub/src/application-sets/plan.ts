import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ApplicationSet, ApplicationsSync, Generated } from './types.ts'

/** What becomes of the applications of a set; a value, so that a preview can show it. */
export interface Plan {
  readonly create: readonly KubeObject[]
  readonly update: readonly { readonly current: KubeObject; readonly next: KubeObject }[]
  readonly remove: readonly KubeObject[]
  /** Applications of that name that another set, or nobody, made. */
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

/** Whether the set made this application. */
export function owns(set: ApplicationSet, application: KubeObject): boolean {
  return (application.metadata.ownerReferences ?? []).some(
    (owner) => owner.controller === true && owner.uid === set.metadata.uid,
  )
}

/** Whether the policy lets applications be deleted that are no longer generated. */
export function deletes(set: ApplicationSet): boolean {
  return mayDelete[set.spec.syncPolicy?.applicationsSync ?? 'sync'] ?? true
}

/** Compares what was generated with what is there. `keep` forbids deletions, whatever the policy says. */
export function plan(
  set: ApplicationSet,
  generated: readonly Generated[],
  current: readonly KubeObject[],
  keep: boolean,
): Plan {
  const policy = set.spec.syncPolicy?.applicationsSync ?? 'sync'
  const byName = new Map(current.map((one) => [one.metadata.name, one]))
  const wanted = new Set(generated.map((one) => one.metadata.name))
  const create: KubeObject[] = []
  const update: { current: KubeObject; next: KubeObject }[] = []
  const foreign: KubeObject[] = []
  for (const one of generated) {
    const existing = byName.get(one.metadata.name)
    if (!existing) {
      create.push({ ...one, metadata: { ...one.metadata, ownerReferences: [ownedBy(set)] } })
    } else if (!owns(set, existing)) {
      foreign.push(existing)
    } else if (mayUpdate[policy] ?? true) {
      const next = merged(set, existing, one)
      if (!deepEqual(next, existing)) update.push({ current: existing, next })
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
    ...kept(current.metadata.annotations, [...keptAnnotations, ...(set.spec.preservedFields?.annotations ?? [])]),
    ...Object.fromEntries(
      Object.entries(current.metadata.annotations ?? {}).filter(([name]) =>
        name.startsWith('notifications.argoproj.io/'),
      ),
    ),
    ...generated.metadata.annotations,
  }
  const labels = {
    ...kept(current.metadata.labels, set.spec.preservedFields?.labels ?? []),
    ...generated.metadata.labels,
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
  return { ...current, metadata, spec: generated.spec }
}
