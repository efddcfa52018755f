import { JsonPatchError, jsonPatch } from '../k8s/json-patch.ts'
import { mergePatch } from '../k8s/merge-patch.ts'
import type { KubeObject } from '../k8s/object.ts'
import { applyPatch } from '../k8s/strategic/apply-patch.ts'
import { StrategicError } from '../k8s/strategic/lookup.ts'
import { isObject, jsonEqual } from '../lang/json.ts'
import { ConflictError, lastApplied, manageApply } from './apply/field-manager.ts'
import type { Conflict } from './apply/field-manager.ts'
import { printPath, sortedJson } from '../k8s/structured/path-element.ts'
import { validateTyped } from './apply/validate.ts'
import type { DecodedObject } from './decode-object.ts'
import { apiVersionOf, blankObject, decodeObject } from './decode-object.ts'
import { badRequest, conflict, internal, invalid, patchRejected } from './errors.ts'
import { printGo } from './go-value.ts'
import type { Machine } from './hooks.ts'
import type { PatchType } from './objects.ts'
import type { Resource } from './resource.ts'
import { DecodeError } from './schema/decode.ts'
import { goFields } from './schema/go-structs.ts'
import { mergeTypeOf } from './schema/merge-type.ts'
import type { Type } from './schema/types.ts'
import { anyType, childType, elementType } from './schema/types.ts'
import { StatusError } from './status-error.ts'
import { invalid as invalidField } from './validation/field-errors.ts'
import { textOf } from './validation/values.ts'
import { versionsOf } from './versions-of.ts'
import { createObject } from './create-object.ts'
import { scaleApplied, scaleType, scaleVersion } from './scale-apply.ts'
import type { Change, WriteRequest, Written } from './write.ts'
import {
  checkIdentity,
  checkNamespaceOf,
  fromStored,
  keyOfRequest,
  resetFields,
  updateObject,
  writerOf,
} from './write.ts'
import { byKey } from '../lang/order.ts'

/** Applies an ordinary patch to the live object. */
export function patchLive(
  request: WriteRequest,
  type: Exclude<PatchType, 'apply'>,
  live: KubeObject,
  patch: unknown,
): KubeObject {
  const patched = patchedJson(request, type, live, patch)
  if (!isObject(patched)) throw patchRejected()
  return patched as KubeObject
}

function patchedJson(
  request: WriteRequest,
  type: Exclude<PatchType, 'apply'>,
  live: KubeObject,
  patch: unknown,
): unknown {
  try {
    if (type === 'json') {
      if (patch === null) return live
      if (!Array.isArray(patch))
        throw badRequest(
          'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
        )
      return jsonPatch(live, patch)
    }
    if (type === 'merge') {
      if (Array.isArray(patch))
        throw badRequest(
          'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
        )
      if (patch === null) throw badRequest('Invalid JSON Patch')
      if (!isObject(patch))
        throw badRequest(
          `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`,
        )
      return mergePatch(live, patch)
    }
    if (!isObject(patch))
      throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`)
    const merged = applyPatch(live, patch, mergeTypeOf(request.resource.type ?? anyType))
    // What the object is, a patch of its parts cannot change.
    return { ...merged, apiVersion: live.apiVersion, kind: live.kind }
  } catch (error) {
    if (error instanceof JsonPatchError) throw patchRejected()
    if (error instanceof StrategicError) throw internal(error.message)
    throw error
  }
}

/** What Go calls a value of JSON that is no object. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** Text of an unchanged value: fields of structs in the order in which Go declares them. */
function printDeclared(type: Type, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => printDeclared(elementType(type), item)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const declared = type.form === 'struct' ? goFields(type.name).map((field) => field.json) : []
  const others = Object.keys(value)
  const names = [
    ...new Set([...declared.filter((name) => name in value), ...(type.form === 'map' ? others.sort() : others)]),
  ]
  return printMembers(names, (name) => printDeclared(childType(type, name) ?? anyType, value[name]))
}

function printMembers(names: readonly string[], print: (name: string) => string): string {
  return `{${names.map((name) => `${JSON.stringify(name)}:${print(name)}`).join(',')}}`
}

/** The patched object as the server prints it: what a patch changed is sorted, what it brought stands as it came. */
function printPatched(type: Type, before: unknown, after: unknown): string {
  if (before === undefined) return JSON.stringify(after)
  if (jsonEqual(before, after)) return printDeclared(type, after)
  if (!isObject(before) || !isObject(after)) return JSON.stringify(after)
  const names = Object.keys(after)
    .filter((name) => after[name] !== undefined)
    .sort()
  return printMembers(names, (name) => printPatched(childType(type, name) ?? anyType, before[name], after[name]))
}

/** The outcome of a strategic merge is no JSON: what does not fit is told by kinds of Go's values. */
function restoring(problem: DecodeError): string {
  const { got, wanted } = problem
  if (got === undefined || wanted === undefined) return problem.message
  const kind = { array: 'slice', object: 'map', number: 'int64' }[got] ?? got
  if (wanted.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (wanted.startsWith('map[')) return `cannot restore map from ${kind}`
  if (/^[a-z0-9]+\.[A-Z]/.test(wanted)) return `cannot restore struct from: ${kind}`
  return kind === 'int64' && wanted === 'string' ? 'cannot convert int64 to string' : `unrecognized type: ${wanted}`
}

/** The 422 of a patch whose outcome is no object of its kind. */
export function patchRefusal(
  resource: Resource,
  type: Exclude<PatchType, 'apply'>,
  patch: unknown,
  live: KubeObject,
  patched: KubeObject,
): (problem: string | DecodeError) => StatusError {
  const shown = (): string =>
    type === 'strategic'
      ? printGo(patch)
      : resource.custom
        ? sortedJson(patched)
        : printPatched(resource.type ?? anyType, live, patched)
  return (problem) => {
    const text = typeof problem === 'string' ? problem : type === 'strategic' ? restoring(problem) : problem.message
    return invalid('', '', '', [invalidField('patch', shown(), text)])
  }
}

/** Decodes the outcome of a patch; what does not fit its types is a 422. */
export function decodePatched(
  resource: Resource,
  patched: KubeObject,
  refusal: (problem: string | DecodeError) => StatusError,
): DecodedObject {
  try {
    return decodeObject(resource, patched)
  } catch (error) {
    throw error instanceof StatusError && error.cause instanceof DecodeError ? refusal(error.cause) : error
  }
}

/** Refuses a configuration that does not fit its type. */
function checkApplied(resource: Resource, config: KubeObject, name: string): void {
  const problem = validateTyped(resource.type ?? anyType, { ...config, metadata: { ...config.metadata } })
  if (problem === undefined) return
  const version = `${resource.group === '' ? '/' : `${resource.group}/`}${resource.version}`
  throw internal(
    `failed to create typed patch object (${config.metadata.namespace ?? ''}/${name}; ${version}, Kind=${resource.kind}): ${problem}`,
  )
}

/** Refuses a configuration of another kind or version than what it is applied to. */
export function checkType(config: KubeObject, apiVersion: string, kind: string): void {
  const given = { apiVersion: textOf(config.apiVersion), kind: textOf(config.kind) }
  if (given.apiVersion === apiVersion && given.kind === kind) return
  const version = given.apiVersion.includes('/') ? given.apiVersion : `/${given.apiVersion}`
  throw badRequest(`invalid object type: ${version}, Kind=${given.kind}`)
}

/** Server-side apply: creates or merges. `checked` is called once the configuration is known to fit the object. */
export async function applyObject(
  machine: Machine,
  request: WriteRequest,
  config: KubeObject,
  force: boolean,
  checked: () => void = () => undefined,
): Promise<Written> {
  const named = config.metadata.name !== undefined && config.metadata.name !== ''
  if (named) checkIdentity(request, config)
  else checkNamespaceOf(request, config.metadata.namespace)
  const { resource } = request
  checkType(config, apiVersionOf(resource), resource.kind)
  if (config.metadata.managedFields !== undefined && config.metadata.managedFields !== null)
    throw badRequest('metadata.managedFields must be nil')
  checkApplied(resource, config, request.name)
  const existing = await machine.store.get(keyOfRequest(request))
  if (!existing) checkIdentity(request, config)
  if (!existing && request.subresource === undefined) return createApplied(machine, request, config, force, checked)
  return updateApplied(machine, request, checked, (live) => applied(machine, request, live, config, force))
}

/** Server-side apply to the scale of an object. */
export async function applyScale(
  machine: Machine,
  request: WriteRequest,
  config: KubeObject,
  force: boolean,
  checked: () => void,
): Promise<Written> {
  checkType(config, scaleVersion, 'Scale')
  const problem = validateTyped(scaleType(), config)
  if (problem !== undefined)
    throw internal(
      `failed to create typed patch object (${textOf(config.metadata.namespace)}/${textOf(config.metadata.name)}; ${scaleVersion}, Kind=Scale): ${problem}`,
    )
  checkIdentity(request, config)
  return updateApplied(machine, request, checked, (live) => scaleApplied(machine, request, live, config, force))
}

/** Lays a configuration over what is there; fields of others that it would change are told as conflicts. */
async function updateApplied(
  machine: Machine,
  request: WriteRequest,
  checked: () => void,
  apply: (live: KubeObject) => Change,
): Promise<Written> {
  try {
    return await updateObject(machine, request, (live) => {
      const change = apply(live)
      checked()
      return change
    })
  } catch (error) {
    if (error instanceof ConflictError) throw conflictStatus(error.conflicts)
    throw error
  }
}

async function createApplied(
  machine: Machine,
  request: WriteRequest,
  config: KubeObject,
  force: boolean,
  checked: () => void,
): Promise<Written> {
  const { resource } = request
  const { uid, resourceVersion: _, ...metadata } = config.metadata
  if (uid !== undefined && uid !== '')
    throw conflict(
      resource,
      request.name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  const { object } = manageApply(
    versionsOf(machine.resources, resource),
    blankObject(resource),
    { ...config, metadata },
    writerOf(machine, request),
    force,
    resetFields(resource, undefined),
    true,
  )
  checked()
  return createObject(machine, request, { object: decoded(request, object), managed: true })
}

function decoded(request: WriteRequest, object: KubeObject): KubeObject {
  const result = decodeObject(request.resource, object).object
  request.resource.strategy?.defaults?.(result)
  return result
}

function applied(
  machine: Machine,
  request: WriteRequest,
  live: KubeObject,
  config: KubeObject,
  force: boolean,
): Change {
  const { resource } = request
  const { resourceVersion } = config.metadata
  const result = manageApply(
    versionsOf(machine.resources, resource),
    live,
    config,
    writerOf(machine, request),
    force,
    resetFields(resource, request.subresource),
    false,
  )
  if (result.same)
    return {
      next: live,
      same: resourceVersion === undefined || resourceVersion === live.metadata.resourceVersion,
      managed: true,
      retry: resourceVersion === undefined,
    }
  const object = request.manager === 'kubectl' ? rememberApplied(result.object, config) : result.object
  return { next: decoded(request, object), managed: true, retry: resourceVersion === undefined }
}

/** kubectl's own record of what was applied last, where there is one, follows its server-side applies. */
function rememberApplied(object: KubeObject, config: KubeObject): KubeObject {
  const { annotations } = object.metadata
  if (annotations?.[lastApplied] === undefined) return object
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastApplied]: `${sortedJson(config)}\n` } },
  }
}

function conflictName(of: Conflict): string {
  const { manager, operation, subresource, apiVersion } = of.with
  return `"${manager}"${subresource === '' ? '' : ` with subresource "${subresource}"`}${operation === 'Apply' ? '' : ` using ${apiVersion}`}`
}

function conflictStatus(conflicts: readonly Conflict[]): StatusError {
  const groups = new Map<string, string[]>()
  for (const of of conflicts)
    groups.set(conflictName(of), [...(groups.get(conflictName(of)) ?? []), printPath(of.path)])
  const sorted = [...groups].sort(byKey)
  const first = sorted[0]
  const text =
    conflicts.length === 1 && first
      ? `conflict with ${first[0]}: ${first[1][0] ?? ''}`
      : sorted
          .map(
            ([name, paths]) =>
              `${paths.length === 1 && groups.size === 1 ? 'conflict' : 'conflicts'} with ${name}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
          )
          .join('\n')
  const causes = sorted.flatMap(([name, paths]) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  )
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: ${text}`,
    { causes },
  )
}

export { fromStored }
