import type { KubeObject } from '../k8s/object.ts'
import { manageUpdate } from './apply/field-manager.ts'
import { blankObject } from './decode-object.ts'
import { alreadyExists, forbidden, internal, invalid, notFound } from './errors.ts'
import type { Machine } from './hooks.ts'
import { freeFinalizers, validateMetadata, validateName } from './metadata.ts'
import { StoreError } from './object-store.ts'
import type { Stored } from './object-store.ts'
import type { Resource } from './resource.ts'
import { formatTime } from './schema/time.ts'
import { StatusError } from './status-error.ts'
import { dnsSubdomain } from './validation/names.ts'
import { versionsOf } from './versions-of.ts'
import type { WriteRequest, Written } from './write.ts'
import {
  admit,
  contextOf,
  dropStatus,
  fromStored,
  keptGroup,
  keyOfRequest,
  mutate,
  resetFields,
  toStored,
  workingCopy,
  writerOf,
} from './write.ts'

/** Checks that the namespace takes new objects. */
async function checkNamespace(machine: Machine, request: WriteRequest, name: string): Promise<void> {
  if (!request.resource.namespaced || !machine.resources.get('', 'v1', 'namespaces')) return
  const stored = await machine.store.get({ resource: 'namespaces', namespace: '', name: request.namespace })
  if (!stored) throw notFound({ group: '', plural: 'namespaces' }, request.namespace)
  if (stored.object.metadata.deletionTimestamp === undefined) return
  const error = forbidden(
    request.resource,
    name,
    `unable to create new content in namespace ${request.namespace} because it is being terminated`,
  )
  const details = error.status.details ?? {}
  error.status.details = {
    ...details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${request.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  }
  throw error
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

function generateName(machine: Machine, base: string): string {
  let suffix = ''
  for (let index = 0; index < 5; index += 1)
    suffix += suffixLetters[Math.floor(machine.random.next() * suffixLetters.length)] ?? ''
  return `${base.slice(0, 58)}${suffix}`
}

/** The object with the fields that the server alone writes. */
function stampNew(machine: Machine, request: WriteRequest, object: KubeObject): KubeObject {
  const { resourceVersion: _, selfLink: __, ...rest } = object.metadata
  const metadata = {
    ...rest,
    uid: machine.random.uuid(),
    creationTimestamp: formatTime(machine.clock.now()),
  } as KubeObject['metadata']
  if (request.resource.namespaced) metadata.namespace = request.namespace
  else delete metadata.namespace
  if (request.resource.tracksGeneration) metadata.generation = 1
  return { ...object, metadata }
}

export interface CreateSource {
  /** What the client sent, decoded. */
  readonly object: KubeObject
  /** Ownership already computed, as by apply. */
  readonly managed?: boolean
}

/** Creates an object: admission, ownership, strategy, validation, store. */
export async function createObject(machine: Machine, request: WriteRequest, source: CreateSource): Promise<Written> {
  const { resource } = request
  let object = workingCopy(source.object)
  const version = object.metadata.resourceVersion
  if (version !== undefined && version !== '' && version !== '0')
    throw internal('resourceVersion should not be set on objects to be created')
  const given = object.metadata.name ?? ''
  const base = object.metadata.generateName
  const name = given === '' && typeof base === 'string' && base !== '' ? generateName(machine, base) : given
  if (resource.ending)
    throw forbidden(resource, given, 'create not allowed while custom resource definition is terminating')
  delete object.metadata.deletionTimestamp
  delete object.metadata.deletionGracePeriodSeconds
  if (request.resource.namespaced) object.metadata.namespace = request.namespace
  await checkNamespace(machine, request, given || base || 'Unknown')
  const named = { ...request, name, byName: request.name !== '' }
  if (!source.managed) resource.strategy?.defaults?.(object)
  if (!source.managed)
    object = manageUpdate(
      versionsOf(machine.resources, resource),
      blankObject(resource),
      object,
      writerOf(machine, named),
      resetFields(resource, undefined),
    )
  // A name that is still to be made up is not told.
  object = (await mutate(machine, { ...request, name: given }, 'CREATE', object, undefined)) ?? object
  if (name !== '') object.metadata.name = name
  object = stampNew(machine, named, object)
  dropStatus(resource, object, undefined)
  const context = contextOf(machine, named, 'create')
  await resource.strategy?.prepare?.(object, undefined, context)
  const errors = [
    ...validateName(object, (text) => resource.strategy?.nameRule?.(text) ?? dnsSubdomain(text)),
    ...validateMetadata(object, undefined, freeFinalizers(resource)),
    ...(resource.strategy?.validate?.(object, undefined, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(resource.kind, keptGroup(resource), name, uniqueErrors(errors))
  request.warnings.push(...(resource.strategy?.warnings?.(object, undefined, context) ?? []))
  await admit(machine, named, 'CREATE', object, undefined)
  const existing = request.dryRun ? await machine.store.get(keyOfRequest(named)) : undefined
  if (existing) throw alreadyThere(resource, existing)
  if (request.dryRun) return { object, created: true }
  try {
    const stored = await machine.store.create(keyOfRequest(named), toStored(resource, object))
    return { object: fromStored(resource, stored), stored, created: true }
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== 'AlreadyExists') throw error
    throw alreadyThere(resource, await machine.store.get(keyOfRequest(named)), name)
  }
}

function uniqueErrors<T extends { field: string; message: string }>(errors: readonly T[]): T[] {
  return [...new Map(errors.map((error) => [`${error.field}\0${error.message}`, error])).values()]
}

function alreadyThere(resource: Resource, existing: Stored | undefined, name = existing?.key.name ?? ''): StatusError {
  const error = alreadyExists(resource, name)
  if (existing?.object.metadata.deletionTimestamp === undefined) return error
  return new StatusError(409, 'AlreadyExists', `object is being deleted: ${error.message}`, error.status.details)
}
