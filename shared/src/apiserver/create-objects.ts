import type { KubeObject } from '../k8s/object.ts'
import { deleteObject } from './delete.ts'
import { decodeObject } from './decode-object.ts'
import { badRequest, conflict, noSuchResource, notFound } from './errors.ts'
import type { Machine } from './hooks.ts'
import { systemActor } from './hooks.ts'
import type { Change as StoreChange, Stored } from './object-store.ts'
import type {
  Actor,
  DeleteOptions,
  ObjectEvent,
  ObjectList,
  ObjectRef,
  Objects,
  PatchOptions,
  ResourceRef,
  WriteOptions,
} from './objects.ts'
import { applyObject, applyScale, decodePatched, patchLive, patchRefusal } from './patch.ts'
import type { Resource } from './resource.ts'
import { storageName } from './resource.ts'
import { jsonKind } from './schema/decode.ts'
import { readScale, readWholeScale, scaleChange } from './scale.ts'
import { keptMatcher, matcherOf } from './selectors.ts'
import type { Matcher } from './selectors.ts'
import { StatusError } from './status-error.ts'
import { createVirtual } from './virtual.ts'
import { createObject } from './create-object.ts'
import type { WriteRequest, Written } from './write.ts'
import { checkIdentity, checkNamespaceOf, fromStored, updateObject } from './write.ts'

/** `Objects` with what only an HTTP answer shows: warnings, and whether something was created. */
export interface DetailedObjects extends Objects {
  resourceOf(ref: ResourceRef): Resource
  createDetailed(
    ref: ResourceRef & { readonly name?: string },
    body: KubeObject,
    options: DetailedOptions,
    warnings: string[],
  ): Promise<Written>
  updateDetailed(ref: ObjectRef, body: KubeObject, options: DetailedOptions, warnings: string[]): Promise<Written>
  patchDetailed(
    ref: ObjectRef,
    patch: unknown,
    options: PatchOptions & Pick<DetailedOptions, 'duplicates'>,
    warnings: string[],
  ): Promise<Written>
  deleteDetailed(
    ref: ObjectRef,
    options: DeleteOptions,
    warnings: string[],
  ): Promise<{ object: KubeObject; gone: boolean }>
  /** The object as it is kept. */
  getStored(ref: ObjectRef): Promise<Stored>
  getSubresource(ref: ObjectRef, subresource: string | undefined): Promise<KubeObject>
}

/** The Kubernetes API over a store. */
export function createObjects(machine: Machine): DetailedObjects {
  const resourceOf = (ref: ResourceRef): Resource => {
    const resource = machine.resources.get(ref.group, ref.version, ref.resource)
    if (!resource) throw noSuchResource()
    return resource
  }
  const request = (ref: ObjectRef, options: WriteOptions, warnings: string[]): WriteRequest => ({
    resource: resourceOf(ref),
    namespace: ref.namespace ?? '',
    name: ref.name,
    subresource: options.subresource,
    actor: options.actor,
    manager: options.fieldManager ?? defaultManager(options.actor),
    dryRun: options.dryRun ?? false,
    warnings,
    objects,
  })

  const objects: DetailedObjects = {
    resourceOf,
    async get(ref) {
      return fromStored(resourceOf(ref), await objects.getStored(ref))
    },
    async getStored(ref) {
      const resource = resourceOf(ref)
      const { namespace = '', name } = ref
      const stored = await machine.store.get({ resource: storageName(resource), namespace, name })
      if (!stored) throw notFound(resource, name)
      return stored
    },
    async getSubresource(ref, subresource) {
      const object = await objects.get(ref)
      return subresource === 'scale' ? readWholeScale(resourceOf(ref), object) : object
    },
    async list(ref, query = {}): Promise<ObjectList> {
      const resource = resourceOf(ref)
      const listing = await machine.store.list(scopeOf(resource, ref))
      const matches = keptMatcher(resource, query)
      const kept = matches ? listing.items.filter(matches) : listing.items
      return { revision: listing.revision, items: kept.map((stored) => fromStored(resource, stored)) }
    },
    async create(ref, object, options = {}) {
      return (await objects.createDetailed(ref, object, options, [])).object
    },
    async createDetailed(ref, body, options, warnings) {
      const asked = request({ ...ref, name: ref.name ?? '' }, options, warnings)
      const { resource } = asked
      if (options.subresource !== undefined || resource.virtual)
        return {
          object: await createVirtual(machine, asked, body, (unknown, of) =>
            report(unknown, options, warnings, refusalOf(of)),
          ),
          created: true,
        }
      const { object, unknown } = decodeObject(resource, body)
      report(unknown, options, warnings, refusalOf(resource))
      checkNamespaceOf(asked, object.metadata.namespace)
      return createObject(machine, asked, { object })
    },
    async update(ref, object, options = {}) {
      return (await objects.updateDetailed(ref, object, options, [])).object
    },
    async updateDetailed(ref, body, options, warnings) {
      const asked = request(ref, options, warnings)
      if (options.subresource === 'scale') return scaled(machine, asked, () => body)
      const { object, unknown } = decodeObject(asked.resource, body)
      report(unknown, options, warnings, refusalOf(asked.resource))
      checkIdentity(asked, object)
      const key = { resource: storageName(asked.resource), namespace: asked.namespace, name: asked.name }
      if (asked.resource.putCreates && options.subresource === undefined && !(await machine.store.get(key)))
        return createObject(machine, asked, { object })
      return updateObject(machine, asked, (live) => {
        checkUid(asked, object, live)
        return { next: object, retry: object.metadata.resourceVersion === undefined }
      })
    },
    async patch(ref, patch, options) {
      return (await objects.patchDetailed(ref, patch, options, [])).object
    },
    async patchDetailed(ref, patch, options, warnings) {
      const asked = request(ref, options, warnings)
      const { type } = options
      if (type === 'apply') {
        const told = (): void => {
          warnings.length = 0
          report([], options, warnings, strictApply)
        }
        if (options.subresource === 'scale') {
          const { object } = await applyScale(machine, asked, withMetadata(patch), options.force ?? false, told)
          return { object: readScale(asked.resource, object), created: false }
        }
        return applyObject(machine, asked, withMetadata(patch), options.force ?? false, told)
      }
      if (options.subresource === 'scale')
        return scaled(machine, asked, (scale) => patchLive(asked, type, scale, patch))
      return updateObject(machine, asked, (live) => {
        warnings.length = 0
        const patched = patchLive(asked, type, live, patch)
        const refusal = patchRefusal(asked.resource, type, patch, live, patched)
        const { object, unknown } = decodePatched(asked.resource, patched, refusal)
        report(unknown, options, warnings, refusal)
        checkIdentity(asked, object)
        return { next: object, retry: object.metadata.resourceVersion === live.metadata.resourceVersion }
      })
    },
    async delete(ref, options = {}) {
      return (await objects.deleteDetailed(ref, options, [])).object
    },
    async deleteDetailed(ref, options, warnings) {
      return deleteObject(
        machine,
        request(ref, { ...(options.actor ? { actor: options.actor } : {}), dryRun: options.dryRun ?? false }, warnings),
        options,
      )
    },
    watch(ref, since, onEvent, query = {}) {
      const resource = resourceOf(ref)
      const matches = matcherOf(resource, query)
      return machine.store.watch(scopeOf(resource, ref), since, {
        change: (change) => {
          const event = eventOf(resource, change, matches)
          if (event) onEvent(event)
        },
        end: () => onEvent({ type: 'GONE' }),
      })
    },
  }
  return objects
}

function defaultManager(actor: Actor | undefined): string {
  return (actor ?? systemActor).user
}

export function scopeOf(resource: Resource, ref: ResourceRef): { resource: string; namespace?: string } {
  const namespace = ref.namespace ?? ''
  return { resource: storageName(resource), ...(namespace === '' ? {} : { namespace }) }
}

/** What watchers are told of a change. */
export const eventTypes = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const

/** A change as a watcher with a selector sees it: objects come into it and leave it. */
export function eventOf(
  resource: Resource,
  change: StoreChange,
  matches: Matcher | undefined,
): Exclude<ObjectEvent, { type: 'GONE' }> | undefined {
  const object = fromStored(resource, change.stored)
  const type = eventTypes[change.type]
  if (!matches) return { type, object }
  const previous = change.previous && fromStored(resource, change.previous)
  if (change.type === 'deleted') return previous && matches(previous) ? { type, object } : undefined
  const now = matches(object)
  const before = previous !== undefined && matches(previous)
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object }
  if (!before || !previous) return undefined
  // What leaves is shown as it last matched, under the version that made it leave.
  return {
    type: 'DELETED',
    object: { ...previous, metadata: { ...previous.metadata, resourceVersion: change.revision } },
  }
}

/** A body that names another object by its uid is refused by the storage. */
function checkUid(asked: WriteRequest, object: KubeObject, live: KubeObject): void {
  const { uid } = object.metadata
  if (uid === undefined || uid === '' || uid === live.metadata.uid) return
  const key = ['/registry', storageName(asked.resource), asked.namespace, asked.name].filter((part) => part !== '')
  throw conflict(
    asked.resource,
    asked.name,
    `StorageError: invalid object, Code: 4, Key: ${key.join('/')}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
  )
}

function withMetadata(patch: unknown): KubeObject {
  if (patch === null || patch === undefined) throw badRequest('invalid object type: /, Kind=')
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`,
    )
  const object = patch as KubeObject
  return object.metadata ? object : { ...object, metadata: {} }
}

/** Options of a write with what only its text shows. */
export interface DetailedOptions extends WriteOptions {
  /** What is to be told of fields that the body says twice. */
  readonly duplicates?: readonly string[]
  /** All that is to be told, with the fields that nobody knows, in the order in which the body has it. */
  readonly surplus?: (unknown: readonly string[]) => readonly string[]
}

type Refusal = (problem: string) => StatusError

const refusalOf =
  (resource: Resource): Refusal =>
  (problem) =>
    badRequest(`${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${problem}`)

const strictApply: Refusal = (problem) =>
  badRequest(
    `error strict decoding YAML: ${problem.replace('strict decoding error: ', 'error converting YAML to JSON: ')}`,
  )

/** Mistakes in YAML are one error of its parser, with a line for each. */
function joinProblems(texts: readonly string[]): string {
  const lines = texts.filter((text) => text.startsWith('line '))
  const others = texts.filter((text) => !text.startsWith('line '))
  const yaml = lines.length === 0 ? [] : [`yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`]
  return [...yaml, ...others].join(', ')
}

/** Unknown and doubled fields: refused, told, or not, as the client asked. */
export function report(
  unknown: readonly string[],
  options: DetailedOptions,
  warnings: string[],
  refusal: Refusal,
): void {
  const mode = options.fieldValidation ?? 'Warn'
  if (mode === 'Ignore') return
  const texts = options.surplus?.(unknown) ?? [
    ...(options.duplicates ?? []),
    ...unknown.map((path) => `unknown field "${path}"`),
  ]
  if (texts.length === 0) return
  if (mode === 'Strict') throw refusal(`strict decoding error: ${joinProblems(texts)}`)
  warnings.push(...texts)
}

async function scaled(
  machine: Machine,
  asked: WriteRequest,
  change: (scale: KubeObject) => KubeObject,
): Promise<Written> {
  const written = await updateObject(machine, asked, (live) =>
    scaleChange(asked, live, change(readScale(asked.resource, live))),
  )
  return { object: readScale(asked.resource, written.object), created: false }
}

export { StatusError }
