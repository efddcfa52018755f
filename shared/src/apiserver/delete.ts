import type { KubeObject } from '../k8s/object.ts'
import { isObject } from '../lang/json.ts'
import { StatusError } from './status-error.ts'
import type { Status } from './status-error.ts'
import { notFound } from './errors.ts'
import type { Admission, Machine } from './hooks.ts'
import { systemActor } from './hooks.ts'
import { StoreError } from './object-store.ts'
import type { Stored } from './object-store.ts'
import type { DeleteOptions } from './objects.ts'
import type { Resource } from './resource.ts'
import { resourceName } from './resource.ts'
import { formatTime } from './schema/time.ts'
import type { WriteRequest } from './write.ts'
import { fromStored, keyOfRequest } from './write.ts'

/** The object where it lives on, or its last state; `gone` says which. */
export interface Deleted {
  readonly object: KubeObject
  readonly gone: boolean
}

/** Deletes: at once, or by a mark where finalizers, grace or propagation hold the object. */
export async function deleteObject(machine: Machine, request: WriteRequest, options: DeleteOptions): Promise<Deleted> {
  for (let attempt = 0; ; attempt += 1) {
    const stored = await machine.store.get(keyOfRequest(request))
    if (!stored) throw notFound(request.resource, request.name)
    const live = fromStored(request.resource, stored)
    checkPreconditions(request.resource, live, options)
    if (attempt === 0) warnOfOrphans(request, options)
    const admission: Admission = {
      operation: 'DELETE',
      resource: request.resource,
      subresource: undefined,
      namespace: request.namespace,
      name: request.name,
      object: undefined,
      oldObject: live,
      actor: request.actor ?? systemActor,
      dryRun: request.dryRun,
      warn: (message) => void request.warnings.push(message),
    }
    await machine.hooks.mutate?.(admission)
    await machine.hooks.admit?.(admission)
    const next = held(machine, request.resource, live, marked(machine, request.resource, live, options))
    try {
      return await carryOut(machine, request, stored, live, next)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.reason === 'Conflict' && attempt < 20) continue
      if (error.reason === 'NotFound') throw notFound(request.resource, request.name)
      throw error
    }
  }
}

function warnOfOrphans({ resource, warnings }: WriteRequest, options: DeleteOptions): void {
  const warning = resource.strategy?.orphansByDefault?.warning
  if (warning !== undefined && options.propagationPolicy === undefined) warnings.push(warning)
}

/** Adds the finalizers by which a kind has itself cleaned up, when its deletion begins. */
function held(
  machine: Machine,
  resource: Resource,
  live: KubeObject,
  next: KubeObject | undefined,
): KubeObject | undefined {
  const added = resource.strategy?.finalizersOnDelete ?? []
  if (added.length === 0 || live.metadata.deletionTimestamp !== undefined) return next
  const { deletionGracePeriodSeconds: _, ...metadata } = next?.metadata ?? live.metadata
  const finalizers = [...new Set([...(metadata.finalizers ?? []), ...added])]
  const deletionTimestamp = metadata.deletionTimestamp ?? formatTime(machine.clock.now())
  const generation = live.metadata.generation
  return {
    ...(next ?? live),
    metadata: { ...metadata, deletionTimestamp, finalizers, ...(generation === undefined ? {} : { generation }) },
  }
}

async function carryOut(
  machine: Machine,
  request: WriteRequest,
  stored: Stored,
  live: KubeObject,
  next: KubeObject | undefined,
): Promise<Deleted> {
  const key = keyOfRequest(request)
  if (next === undefined || (next !== live && !isHeld(request.resource, next))) {
    const object = next ?? live
    if (request.dryRun) return { object, gone: true }
    const removed = await machine.store.remove(key, stored.revision)
    // What is removed shows the version of its end.
    return {
      object: { ...object, metadata: { ...object.metadata, resourceVersion: removed.revision } },
      gone: true,
    }
  }
  if (next === live || request.dryRun) return { object: next, gone: false }
  const updated = await machine.store.update(key, request.resource.toStorage?.(next) ?? next, stored.revision)
  return { object: fromStored(request.resource, updated), gone: false }
}

function checkPreconditions(resource: Resource, live: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const refuse = (why: string): StatusError => {
    const name = live.metadata.name ?? ''
    return new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${resource.kind} "${name}": ${why}`, {
      name,
      kind: resource.kind,
    })
  }
  if (uid !== undefined && uid !== live.metadata.uid)
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion ?? ''}). The object might have been modified`,
    )
}

/** Whether a marked object stays for now. */
function isHeld(resource: Resource, object: KubeObject): boolean {
  const spec = object['spec']
  if ((object.metadata.finalizers ?? []).length > 0) return true
  if (
    resourceName(resource) === 'namespaces' &&
    isObject(spec) &&
    Array.isArray(spec['finalizers']) &&
    spec['finalizers'].length > 0
  )
    return true
  return (object.metadata.deletionGracePeriodSeconds ?? 0) > 0
}

/** Seconds that a pod is given to end: none before it is placed on a node, or when it has ended. */
function graceOf(resource: Resource, live: KubeObject, options: DeleteOptions): number | undefined {
  if (resourceName(resource) !== 'pods') return undefined
  const spec = isObject(live['spec']) ? live['spec'] : {}
  const status = isObject(live['status']) ? live['status'] : {}
  const asked =
    options.gracePeriodSeconds ??
    (typeof spec['terminationGracePeriodSeconds'] === 'number' ? spec['terminationGracePeriodSeconds'] : 30)
  if (
    typeof spec['nodeName'] !== 'string' ||
    spec['nodeName'] === '' ||
    status['phase'] === 'Failed' ||
    status['phase'] === 'Succeeded'
  )
    return 0
  return Math.max(asked, 0)
}

function withFinalizers(resource: Resource, live: KubeObject, options: DeleteOptions): string[] | undefined {
  const before = live.metadata.finalizers ?? []
  const others = before.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
  if (options.propagationPolicy === undefined && resource.strategy?.orphansByDefault && others.length === before.length)
    return [...others, 'orphan']
  if (options.propagationPolicy === 'Foreground') return [...others, 'foregroundDeletion']
  if (options.propagationPolicy === 'Orphan') return [...others, 'orphan']
  if (options.propagationPolicy === 'Background') return others
  return before
}

/** The object with its mark of deletion; `live` itself where nothing changes, undefined where it goes at once. */
function marked(
  machine: Machine,
  resource: Resource,
  live: KubeObject,
  options: DeleteOptions,
): KubeObject | undefined {
  const { metadata } = live
  const finalizers = withFinalizers(resource, live, options) ?? []
  const grace = graceOf(resource, live, options)
  const now = machine.clock.now()
  if (metadata.deletionTimestamp !== undefined) return again(live, finalizers, grace, now)
  const next: KubeObject = {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp: formatTime(now + (grace ?? 0) * 1000),
      deletionGracePeriodSeconds: grace ?? 0,
      ...((metadata.generation ?? 0) > 0 ? { generation: (metadata.generation ?? 0) + 1 } : {}),
      finalizers,
    },
  }
  if (finalizers.length === 0) delete next.metadata.finalizers
  if (resourceName(resource) === 'namespaces') delete next.metadata.deletionGracePeriodSeconds
  if (resourceName(resource) === 'namespaces')
    next['status'] = { ...(isObject(live['status']) ? live['status'] : {}), phase: 'Terminating' }
  return grace === undefined && !isHeld(resource, next) ? undefined : next
}

/** A second DELETE may shorten the grace, and change what happens to dependents. */
function again(live: KubeObject, finalizers: string[], grace: number | undefined, now: number): KubeObject {
  const { metadata } = live
  const before = metadata.deletionGracePeriodSeconds ?? 0
  const shorter = grace !== undefined && grace < before
  const sameFinalizers = JSON.stringify(finalizers) === JSON.stringify(metadata.finalizers ?? [])
  if (!shorter && sameFinalizers) return live
  const next: KubeObject = { ...live, metadata: { ...metadata, finalizers } }
  if (finalizers.length === 0) delete next.metadata.finalizers
  if (shorter) {
    next.metadata.deletionGracePeriodSeconds = grace
    next.metadata.deletionTimestamp = formatTime(now + grace * 1000)
  }
  return next
}

const answersObject = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'podtemplates',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csidrivers.storage.k8s.io',
])

/** What DELETE answers: a Status for what is gone, but the object of kinds that always answered it. */
export function deleteAnswer(resource: Resource, deleted: Deleted): KubeObject | Status {
  if (!deleted.gone || (!resource.custom && answersObject.has(resourceName(resource)))) return deleted.object
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: deleted.object.metadata.name ?? '',
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: deleted.object.metadata.uid ?? '',
    },
  } as unknown as Status
}
