import type { KubeObject, ManagedFieldsEntry } from '../k8s/object.ts'
import { dictionary } from '../lang/dictionary.ts'
import { isObject, jsonClone, jsonEqual } from '../lang/json.ts'
import { FieldSet, emptySet, fieldSetOf } from '../k8s/structured/field-set.ts'
import { manageUpdate } from './apply/field-manager.ts'
import type { Writer } from './apply/field-manager.ts'
import { apiVersionOf, blankObject } from './decode-object.ts'
import { badRequest, conflict, internal, invalid, modified, notFound } from './errors.ts'
import type { Machine } from './hooks.ts'
import { systemActor } from './hooks.ts'
import { freeFinalizers, looksOnUpdate, specChanged, validateMetadata } from './metadata.ts'
import { StoreError } from './object-store.ts'
import type { Stored } from './object-store.ts'
import type { Actor, Objects } from './objects.ts'
import type { Resource } from './resource.ts'
import { resourceName, storageName } from './resource.ts'
import { formatTime } from './schema/time.ts'
import { versionsOf } from './versions-of.ts'
import type { WriteContext } from './strategy.ts'
import { invalid as invalidField } from './validation/field-errors.ts'

/** Where and how a write is asked for. */
export interface WriteRequest {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly subresource: string | undefined
  readonly actor: Actor | undefined
  readonly manager: string
  readonly dryRun: boolean
  readonly warnings: string[]
  readonly objects: Objects
  /** A create that was asked for as an update or an apply. */
  readonly byName?: boolean
}

export interface Written {
  readonly object: KubeObject
  /** What is kept now; absent where the answer is something else. */
  readonly stored?: Stored
  readonly created: boolean
}

export function keyOfRequest(request: WriteRequest): { resource: string; namespace: string; name: string } {
  return { resource: storageName(request.resource), namespace: request.namespace, name: request.name }
}

export function writerOf(machine: Machine, request: WriteRequest): Writer {
  return {
    manager: request.manager,
    apiVersion: apiVersionOf(request.resource),
    subresource: request.subresource ?? '',
    now: formatTime(machine.clock.now()),
  }
}

/** Fields whose changes through this path are dropped, and owned by nobody. */
export function resetFields(resource: Resource, subresource: string | undefined): FieldSet {
  if (subresource === 'status')
    return resource.custom ? statusResetCustom : (statusResets[resourceName(resource)] ?? statusReset)
  const hasStatus = resource.subresources.some((sub) => sub.name === 'status')
  return subresource === undefined && hasStatus ? mainReset : emptySet
}

const mainReset = fieldSetOf(['status'])
const statusReset = fieldSetOf(['spec'])
/** What a write to the status of some kinds may not touch beside the spec. */
const statusResets: Readonly<Record<string, FieldSet>> = dictionary({
  'deployments.apps': fieldSetOf(['spec'], ['metadata', 'labels']),
  pods: fieldSetOf(['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']),
})
const statusResetCustom = fieldSetOf(
  ['spec'],
  ['metadata', 'labels'],
  ['metadata', 'annotations'],
  ['metadata', 'finalizers'],
  ['metadata', 'ownerReferences'],
)

/** What strategies are told of a write. */
export function contextOf(machine: Machine, request: WriteRequest, verb: 'create' | 'update'): WriteContext {
  return {
    verb,
    subresource: request.subresource,
    actor: request.actor ?? systemActor,
    now: formatTime(machine.clock.now()),
    dryRun: request.dryRun,
    objects: request.objects,
  }
}

/** Mistakes are told of the kind that is kept. */
export const keptGroup = (resource: Resource): string => (resource.storage ?? resource).group

/** The object as it is kept. */
export function toStored(resource: Resource, object: KubeObject): KubeObject {
  return resource.toStorage?.(object) ?? object
}

/** A copy to work on. Who owns what is shared with the original: it is replaced as a whole, never changed. */
export function workingCopy(object: KubeObject): KubeObject {
  const copy: Record<string, unknown> = {}
  for (const key in object) {
    if (key !== 'metadata') {
      copy[key] = jsonClone(object[key])
      continue
    }
    const metadata: Record<string, unknown> = {}
    for (const name in object.metadata)
      metadata[name] = name === 'managedFields' ? object.metadata[name] : jsonClone(object.metadata[name])
    copy[key] = metadata
  }
  return copy as unknown as KubeObject
}

/** The stored object as this version shows it. */
export function fromStored(resource: Resource, stored: Stored): KubeObject {
  return resource.fromStorage?.(stored.object) ?? stored.object
}

/** The object as JSON, as it is kept. */
export function textOf(stored: Stored): string {
  return stored.text ?? JSON.stringify(stored.object)
}

/** Status is written through its own path. */
export function dropStatus(resource: Resource, next: KubeObject, live: KubeObject | undefined): void {
  if (!resource.subresources.some((sub) => sub.name === 'status')) return
  const status = live ? live['status'] : blankObject(resource)['status']
  if (status === undefined) delete next['status']
  else next['status'] = live ? status : jsonClone(status)
}

/** Lets admission change the object. */
export async function mutate(
  machine: Machine,
  request: WriteRequest,
  operation: 'CREATE' | 'UPDATE',
  object: KubeObject,
  oldObject: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  return machine.hooks.mutate?.(admission(request, operation, object, oldObject))
}

/** Lets admission refuse. */
export async function admit(
  machine: Machine,
  request: WriteRequest,
  operation: 'CREATE' | 'UPDATE',
  object: KubeObject,
  oldObject: KubeObject | undefined,
): Promise<void> {
  await machine.hooks.admit?.(admission(request, operation, object, oldObject))
}

function admission(
  request: WriteRequest,
  operation: 'CREATE' | 'UPDATE',
  object: KubeObject,
  oldObject: KubeObject | undefined,
) {
  const { resource, subresource, namespace, name, actor, dryRun } = request
  return {
    operation,
    resource,
    subresource,
    namespace,
    name,
    object,
    oldObject,
    actor: actor ?? systemActor,
    dryRun,
    options: optionsOf(request, operation),
    ...(request.byName === true && operation === 'CREATE' ? { byName: true } : {}),
    warn: (message: string) => void request.warnings.push(message),
  }
}

/** What webhooks and policies are told of how the write was asked for. */
function optionsOf(request: WriteRequest, operation: 'CREATE' | 'UPDATE'): KubeObject {
  return {
    kind: operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...(request.dryRun ? { dryRun: ['All'] } : {}),
    fieldManager: request.manager,
  } as unknown as KubeObject
}

/** What a write makes of the live object. */
export interface Change {
  readonly next: KubeObject
  /** Ownership already computed, as by apply; `same` says that nothing changed at all. */
  readonly managed?: boolean
  readonly same?: boolean
  /** The kind that conflicts are about: a PUT's body counts as stale, a merge is tried again. */
  readonly retry: boolean
}

export type Transform = (live: KubeObject) => Change | Promise<Change>

/** Changes an object by compare-and-swap, again and again where the change may be redone. */
export async function updateObject(machine: Machine, request: WriteRequest, transform: Transform): Promise<Written> {
  for (let attempt = 0; ; attempt += 1) {
    const stored = await machine.store.get(keyOfRequest(request))
    if (!stored) throw notFound(request.resource, request.name)
    const live = fromStored(request.resource, stored)
    const change = await transform(live)
    if (change.same) return { object: live, stored, created: false }
    const next = await prepareUpdate(machine, request, live, change)
    if (sameObject(next, live)) return { object: live, stored, created: false }
    if (request.dryRun) return { object: next, created: false }
    try {
      return { ...(await storeUpdate(machine, request, stored, next)), created: false }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.reason === 'Conflict' && change.retry && attempt < 20) continue
      if (error.reason === 'Conflict') throw conflict(request.resource, request.name, modified)
      if (error.reason === 'NotFound') throw notFound(request.resource, request.name)
      throw error
    }
  }
}

/** Times of ownership that moved, and the order that follows from them, but nothing else, are no change. */
function sameObject(a: KubeObject, b: KubeObject): boolean {
  const { managedFields: left = [], ...ours } = a.metadata
  const { managedFields: right = [], ...theirs } = b.metadata
  const timeless = (entry: ManagedFieldsEntry | undefined): unknown => ({ ...entry, time: undefined })
  return (
    jsonEqual({ ...a, metadata: ours }, { ...b, metadata: theirs }) &&
    left.length === right.length &&
    left.every(
      (entry, index) => entry === right[index] || right.some((other) => jsonEqual(timeless(entry), timeless(other))),
    )
  )
}

/** Stores, or removes what waited only for its last finalizer. */
async function storeUpdate(
  machine: Machine,
  request: WriteRequest,
  stored: Stored,
  next: KubeObject,
): Promise<Pick<Written, 'object' | 'stored'>> {
  const { metadata } = next
  const finalizers = metadata.finalizers ?? []
  const spec = next['spec']
  const held =
    finalizers.length > 0 || (isObject(spec) && Array.isArray(spec['finalizers']) && spec['finalizers'].length > 0)
  const had = (stored.object.metadata.finalizers ?? []).length > 0 || held || request.subresource === 'finalize'
  if (metadata.deletionTimestamp !== undefined && had && !held && (metadata.deletionGracePeriodSeconds ?? 0) === 0) {
    await machine.store.remove(keyOfRequest(request), stored.revision)
    return { object: next }
  }
  const updated = await machine.store.update(keyOfRequest(request), toStored(request.resource, next), stored.revision)
  return { object: fromStored(request.resource, updated), stored: updated }
}

async function prepareUpdate(
  machine: Machine,
  request: WriteRequest,
  live: KubeObject,
  change: Change,
): Promise<KubeObject> {
  const { resource, subresource } = request
  let next = workingCopy(change.next)
  const version = next.metadata.resourceVersion
  const versioned = version !== undefined && version !== '' && version !== '0'
  if (versioned && !/^\d+$/.test(version))
    throw internal(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  if (!versioned && (resource.custom || resource.updatesNeedVersion === true) && !change.managed)
    throw invalid(resource.plural, resource.group, request.name, [
      invalidField('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  if (versioned && version !== live.metadata.resourceVersion) throw conflict(resource, request.name, modified)
  if (!change.managed) resource.strategy?.defaults?.(next)
  const reset = resetFields(resource, subresource)
  if (subresource === 'status') next = statusOnly(resource, live, next)
  const owned = change.managed
    ? next
    : manageUpdate(versionsOf(machine.resources, resource), live, next, writerOf(machine, request), reset)
  next = keepSystemFields(owned, live)
  // Of a write to a subresource the rest is shared with the live object.
  const own = subresource === undefined || !machine.hooks.mutate ? next : workingCopy(next)
  next = (await mutate(machine, request, 'UPDATE', own, live)) ?? next
  if (subresource !== 'status' && subresource !== 'approval') dropStatus(resource, next, live)
  const context = contextOf(machine, request, 'update')
  await resource.strategy?.prepare?.(next, live, context)
  if (
    resource.tracksGeneration &&
    resource.generationGrows !== false &&
    subresource !== 'status' &&
    counts(resource, next, live)
  )
    next.metadata.generation = (live.metadata.generation ?? 0) + 1
  const errors = [
    ...validateMetadata(next, live, freeFinalizers(resource), looksOnUpdate(resource.kind, resource.custom)),
    ...(resource.strategy?.validate?.(next, live, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(resource.kind, keptGroup(resource), request.name, errors)
  request.warnings.push(...(resource.strategy?.warnings?.(next, live, context) ?? []))
  await admit(machine, request, 'UPDATE', next, live)
  return next
}

/** Metadata that counts as the spec does, of kinds whose controllers copy it. */
const countedMetadata: Readonly<Record<string, 'annotations' | 'labels'>> = dictionary({
  'deployments.apps': 'annotations',
  'endpointslices.discovery.k8s.io': 'labels',
})

function counts(resource: Resource, next: KubeObject, live: KubeObject): boolean {
  const field = countedMetadata[resourceName(resource)]
  const changed = field !== undefined && !jsonEqual(next.metadata[field] ?? {}, live.metadata[field] ?? {})
  return changed || specChanged(next, live)
}

function keepSystemFields(next: KubeObject, live: KubeObject): KubeObject {
  const metadata = { ...next.metadata }
  for (const field of ['creationTimestamp', 'generation', 'selfLink', 'namespace', 'resourceVersion'] as const) {
    const value = live.metadata[field]
    if (value === undefined) delete metadata[field]
    else metadata[field] = value as never
  }
  // Deletion once asked for stays; what a client says of it otherwise is a mistake to be told.
  if (live.metadata.deletionTimestamp !== undefined) metadata.deletionTimestamp = live.metadata.deletionTimestamp
  if (live.metadata.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= live.metadata.deletionGracePeriodSeconds
  metadata.uid ??= live.metadata.uid as string
  metadata.name = live.metadata.name as string
  return { ...next, metadata }
}

/** A write to `status` changes nothing else but, for built-in kinds, most of the metadata. */
function statusOnly(resource: Resource, live: KubeObject, next: KubeObject): KubeObject {
  const { managedFields } = next.metadata
  const metadata: KubeObject['metadata'] = resource.custom ? { ...live.metadata } : { ...next.metadata }
  const reset = resetFields(resource, 'status').children.get('f:metadata') ?? emptySet
  for (const name of ['labels', 'ownerReferences'] as const) {
    if (!reset.children.has(`f:${name}`)) continue
    delete metadata[name]
    if (live.metadata[name]) Object.assign(metadata, { [name]: live.metadata[name] })
  }
  if (managedFields) metadata.managedFields = managedFields
  const result: KubeObject = { ...live, metadata }
  if (next['status'] === undefined) delete result['status']
  else result['status'] = next['status']
  return result
}

/** Holds the body's name and namespace to the path's. */
export function checkIdentity(request: WriteRequest, object: KubeObject): void {
  const { name, namespace } = object.metadata
  if (name === undefined || name === '')
    throw badRequest(`the name of the object (${request.name} based on URL) was undeterminable: name must be provided`)
  if (name !== request.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`)
  checkNamespaceOf(request, namespace)
}

export function checkNamespaceOf(
  request: Pick<WriteRequest, 'resource' | 'namespace'>,
  namespace: string | undefined,
): void {
  if (request.resource.namespaced && namespace !== undefined && namespace !== '' && namespace !== request.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}
