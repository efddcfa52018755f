import type { KubeObject } from '../k8s/object.ts'
import type { JsonObject } from '../lang/json.ts'
import { isObject } from '../lang/json.ts'
import { badRequest, invalid } from './errors.ts'
import type { Resource } from './resource.ts'
import oldVersionsJson from './schema/builtin/old-versions.json' with { type: 'json' }
import { builtinType, definitions, metadataType } from './schema/builtin.ts'
import { DecodeError, blankBuiltin, decodeBuiltin, jsonKind } from './schema/decode.ts'
import type { StatusError } from './status-error.ts'
import { invalid as invalidField } from './validation/field-errors.ts'
import type { StructType } from './schema/types.ts'

export interface DecodedObject {
  readonly object: KubeObject
  /** Paths of fields that the schema does not know. */
  readonly unknown: readonly string[]
}

/** `v1.ConfigMap`'s apiVersion. */
export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

const definitionOf = (kind: string, apiVersion: string): string | undefined => {
  const slash = apiVersion.indexOf('/')
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
  return Object.entries(definitions).find(([, schema]) =>
    (schema['x-kubernetes-group-version-kind'] as { group: string; version: string; kind: string }[] | undefined)?.some(
      (gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind,
    ),
  )?.[0]
}

/** Versions that the API reads but serves no more. */
const oldVersions = oldVersionsJson as unknown as Readonly<Record<string, readonly string[]>>

/** Refuses a body of another kind or version than the path's. */
export function checkKind(resource: Resource, body: JsonObject): void {
  const kind = body['kind']
  const apiVersion = body['apiVersion']
  const expected = apiVersionOf(resource)
  checkTypeMeta(resource, body)
  if (resource.custom) return checkCustomKind(resource, kind, apiVersion, expected, nameOf(body))
  const otherVersion = typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== expected
  const otherKind = typeof kind === 'string' && kind !== '' && kind !== resource.kind
  if (!otherVersion && !otherKind) return
  const kindText = otherKind ? kind : resource.kind
  const versionText = otherVersion ? apiVersion : expected
  const prefix = `${kindText} in version "${versionText.replace(/^.*\//, '')}" cannot be handled as a ${resource.kind}`
  const known = definitionOf(kindText, versionText) !== undefined
  // Another version of the kind is read, were it one that is served no more, and then refused.
  if (!otherKind && (known || oldVersions[kindText]?.includes(versionText))) {
    checkOther(kindText, versionText, body, prefix)
    throw badRequest(wrongVersion(versionText, expected))
  }
  if (!known) {
    throw badRequest(
      `${prefix}: no kind "${kindText}" is registered for version "${versionText}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    )
  }
  checkOther(kindText, versionText, body, prefix)
  const group = resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '')
  throw badRequest(
    `${prefix}: converting (${versionText.replace(/^.*\//, '')}.${kindText}) to (${group}.${resource.kind}): unknown conversion`,
  )
}

/** The first letters of a body, as a complaint shows them. */
const summary = (text: string): string => (text.length > 30 ? `${text.slice(0, 30)} ...` : text)

/** Before a body is read as anything it must say in words what it is. */
function checkTypeMeta(resource: Resource, body: JsonObject): void {
  const complain = (problem: string): void => {
    const shown = summary(JSON.stringify(body))
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${problem} (${shown})`)
  }
  for (const name of ['apiVersion', 'kind'] as const) {
    const value = body[name]
    if (value === undefined || value === null || typeof value === 'string') continue
    const got = jsonKind(value)
    complain(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${got} into Go struct field .${name} of type string`,
    )
  }
  const apiVersion = body['apiVersion']
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    complain(`unexpected GroupVersion string: ${apiVersion}`)
}

/** A body of another kind is decoded as what it says it is: mistakes in it come first. */
function checkOther(kind: string, apiVersion: string, body: JsonObject, prefix: string): void {
  const name = definitionOf(kind, apiVersion)
  if (name === undefined) return
  try {
    decodeBuiltin(builtinType(name) as StructType, body)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(`${prefix}: ${error.message}`)
  }
}

const nameOf = ({ metadata }: JsonObject): string =>
  isObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : ''

const wrongVersion = (actual: string, expected: string): string =>
  `the API version in the data (${actual}) does not match the expected API version (${expected})`

function checkCustomKind(resource: Resource, kind: unknown, apiVersion: unknown, expected: string, name: string): void {
  const given = typeof apiVersion === 'string' ? apiVersion : ''
  if (given !== expected) throw badRequest(wrongVersion(given, expected))
  if (typeof kind === 'string' && kind !== '' && kind !== resource.kind)
    throw invalid(kind, resource.group, name, [invalidField('kind', kind, `must be ${resource.kind}`)])
}

/** Reads a body as an object of `resource`; what does not fit its types is a 400. */
export function decodeObject(resource: Resource, body: JsonObject): DecodedObject {
  checkKind(resource, body)
  const complete = { ...body, apiVersion: apiVersionOf(resource), kind: resource.kind }
  if (resource.custom) return decodeCustom(resource, complete)
  const { type } = resource
  if (!type) return { object: withMetadata(complete), unknown: [] }
  try {
    const { value, unknown } = decodeBuiltin(type, complete)
    return { object: withMetadata(value), unknown }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw undecodable(resource, error)
  }
}

/** A 400 that keeps its cause: as the outcome of a patch the same is a 422. */
function undecodable(resource: Resource, error: DecodeError): StatusError {
  const refused = badRequest(
    `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${error.message}`,
  )
  refused.cause = error
  return refused
}

function decodeCustom(resource: Resource, body: JsonObject): DecodedObject {
  const metadata = body['metadata'] ?? {}
  const unknown: string[] = []
  try {
    if (!isObject(metadata)) throw new DecodeError(notObjectMeta(metadata))
    const decoded = decodeBuiltin(metadataType() as StructType, metadata)
    unknown.push(...decoded.unknown.map((path) => `metadata.${path}`))
    const pruned = resource.type
      ? (prune(resource.type, { ...body, metadata: undefined }, '', unknown) as JsonObject)
      : { ...body }
    return { object: withMetadata({ ...pruned, metadata: decoded.value }), unknown: ordered(unknown) }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw undecodable(resource, error)
  }
}

/** What is unknown of the metadata first. */
function ordered(unknown: readonly string[]): string[] {
  const inMetadata = (path: string): boolean => path.startsWith('metadata.')
  return [...unknown.filter(inMetadata).sort(), ...unknown.filter((path) => !inMetadata(path)).sort()]
}

function notObjectMeta(value: unknown): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type v1.ObjectMeta`
}

/** Drops what a structural schema does not know. */
function prune(type: import('./schema/types.ts').Type, value: unknown, path: string, unknown: string[]): unknown {
  if (type.form === 'list')
    return Array.isArray(value)
      ? value.map((item, index) => prune(type.element, item, `${path}[${index}]`, unknown))
      : value
  if (!isObject(value) || (type.form !== 'struct' && type.form !== 'map')) return value
  const result: JsonObject = {}
  for (const name in value) {
    if (value[name] === undefined) continue
    const at = path === '' ? name : `${path}.${name}`
    const inner = type.form === 'map' ? type.element : (type.fields.get(name)?.type ?? type.rest)
    const system = path === '' && (name === 'apiVersion' || name === 'kind' || name === 'metadata')
    if (system) result[name] = value[name]
    else if (inner) result[name] = prune(inner, value[name], at, unknown)
    else unknown.push(at)
  }
  return result
}

function withMetadata(value: JsonObject): KubeObject {
  return (isObject(value['metadata']) ? value : { ...value, metadata: {} }) as unknown as KubeObject
}

/** The blank object of a kind: what a create is compared with. */
export function blankObject(resource: Resource): KubeObject {
  if (resource.custom || !resource.type)
    return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: {} }
  return withMetadata({ ...blankBuiltin(resource.type), apiVersion: apiVersionOf(resource), kind: resource.kind })
}
