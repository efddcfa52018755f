import { isDeepStrictEqual } from 'node:util'
import type { Objects, ResourceRef } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { byKey } from '@flotilla/shared/lang/order'
import { controllerManager } from '../machinery/actor.ts'
import { resourceId, resources } from '../machinery/resources.ts'
import { refTo } from '../machinery/writes.ts'
import { timestamp } from './conditions.ts'
import type { Condition } from './types.ts'

/** What is left in a namespace that goes. */
interface Remains {
  readonly counts: ReadonlyMap<string, number>
  readonly finalizers: ReadonlyMap<string, number>
}

/** Empties a terminating namespace and lets it go; answers whether to come again. */
export async function emptyNamespace(
  objects: Objects,
  namespace: KubeObject,
  all: readonly ResourceRef[],
  now: number,
): Promise<boolean> {
  const name = namespace.metadata.name ?? ''
  const counts = new Map<string, number>()
  const finalizers = new Map<string, number>()
  for (const resource of all) {
    const left = await emptyResource(objects, { ...resource, namespace: name })
    if (left.length > 0) counts.set(resource.group === '' ? `${resource.resource}.` : resourceId(resource), left.length)
    for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
    }
  }
  const remains = { counts, finalizers }
  const current = await objects.get(refTo(resources.namespaces, namespace))
  const options = { actor: controllerManager, fieldManager: 'kube-controller-manager' }
  if (counts.size === 0) {
    const spec = { ...(current['spec'] as object), finalizers: [] }
    await objects.update(
      refTo(resources.namespaces, current),
      { ...current, spec },
      { ...options, subresource: 'finalize' },
    )
    return false
  }
  const before = (current['status'] as { conditions?: Condition[] } | undefined)?.conditions ?? []
  const conditions = namespaceConditions(before, remains, now)
  if (!isDeepStrictEqual(before, conditions)) {
    const status = { ...(current['status'] as object), conditions }
    await objects.update(
      refTo(resources.namespaces, current),
      { ...current, status },
      { ...options, subresource: 'status' },
    )
  }
  return true
}

async function emptyResource(objects: Objects, resource: ResourceRef): Promise<readonly KubeObject[]> {
  try {
    const { items } = await objects.list(resource)
    for (const object of items) {
      if (object.metadata.deletionTimestamp === undefined) {
        await objects
          .delete(refTo(resource, object), { actor: controllerManager, propagationPolicy: 'Background' })
          .catch(ignoreMissing)
      }
    }
    return items.length === 0 ? items : (await objects.list(resource)).items
  } catch (error) {
    ignoreMissing(error)
    return []
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 405)) throw error
}

/** What the status of a terminating namespace says about what is left. */
export function namespaceConditions(
  before: readonly Condition[],
  { counts, finalizers }: Remains,
  now: number,
): Condition[] {
  const list = (entries: ReadonlyMap<string, number>, word: string): string =>
    [...entries]
      .toSorted(byKey)
      .map(([key, count]) => `${key} ${word} ${count} resource instances`)
      .join(', ')
  const next: Condition[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    counts.size > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${list(counts, 'has')}`,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    finalizers.size > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${list(finalizers, 'in')}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ]
  return next.map((condition) => {
    const held = before.find(({ type }) => type === condition.type)
    const kept = held?.status === condition.status ? held.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: kept ?? timestamp(now) }
  })
}
