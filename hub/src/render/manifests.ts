import type { KubeObject } from '@flotilla/shared/k8s/object'
import { goDecodeError } from '@flotilla/shared/k8s/go-yaml/decode'
import { readYamlStream, YamlError } from '@flotilla/shared/k8s/yaml'
import { jsonStream } from '@flotilla/shared/lang/go-json-error'
import { goJson } from '@flotilla/shared/lang/go-json'
import { isObject } from '@flotilla/shared/lang/json'
import { RenderError } from './render.ts'

/** Words without which a file that cannot be read, or says no kind, is none of ours. Source: Argo CD. */
const markers = ['apiVersion:', 'kind:', 'metadata:']

/** YAML, but no object of an API. */
class NoManifest extends YamlError {}

/**
 * The objects of a file of YAML documents. A text that nobody would take for manifests may hold anything, but must be
 * YAML: were a broken file passed over, as Argo CD does, what it held would be pruned.
 */
export function manifestsOfFile(text: string, name: string): KubeObject[] {
  const documents: unknown[] = []
  try {
    for (const document of documentsOf(text)) documents.push(document)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    if (error instanceof NoManifest && documents.length === 0 && !markers.every((marker) => text.includes(marker)))
      return []
    const why = `failed to unmarshal manifest: ${error.message}`
    throw new RenderError(`Failed to unmarshal "${name}": ${why}`, { cause: error })
  }
  return documents.flatMap(manifestsOf)
}

/** The objects that a tool has printed as YAML documents. */
export function manifestsOfTool(text: string): KubeObject[] {
  try {
    return [...documentsOf(text)].flatMap(manifestsOf)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new RenderError(`failed to unmarshal manifest: ${error.message}`, { cause: error })
  }
}

/** The objects of a stream of documents; nulls are passed over. */
function* documentsOf(text: string): Generator {
  const stream = text.trimStart().startsWith('{') ? jsonStream(text) : undefined
  const decoding = stream ? '' : 'error unmarshaling JSON: while decoding JSON: '
  try {
    for (const document of stream ?? readYamlStream(text)) {
      if (document === null || document === undefined) continue
      const problem = kindProblem(document)
      if (problem !== undefined) throw new NoManifest(`${decoding}${problem}`)
      yield document
    }
  } catch (error) {
    // What begins as JSON is told of as JSON.
    const json = error instanceof YamlError && text.trimStart().startsWith('{') ? goDecodeError(text) : undefined
    throw json === undefined ? error : new YamlError(json, { cause: error })
  }
}

/** Why a document is no object of an API. */
function kindProblem(document: unknown): string | undefined {
  if (!isObject(document)) {
    const type = Array.isArray(document) ? 'array' : typeof document === 'boolean' ? 'bool' : typeof document
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
  }
  const { kind } = document
  return typeof kind === 'string' && kind !== '' ? undefined : `Object 'Kind' is missing in '${goJson(document)}'`
}

/** The objects of a value: itself, or what a List holds. */
export function manifestsOf(value: unknown): KubeObject[] {
  if (!isObject(value) || typeof value['kind'] !== 'string' || value['kind'] === '') return []
  const items = value['items']
  if (Array.isArray(items)) return items.flatMap(itemOf)
  // A list of nothing.
  if (items === null && !('spec' in value) && !('status' in value)) return []
  return [whole(value)]
}

function itemOf(item: unknown): KubeObject[] {
  // A list within a list is an object like others.
  if (isObject(item) && typeof item['kind'] === 'string') return [whole(item)]
  if (!isObject(item)) throw new RenderError('items member is not an object: map[string]interface {}')
  throw new RenderError(
    `error unmarshaling manifest into unstructured: Object 'Kind' is missing in '${JSON.stringify(item)}'`,
  )
}

function whole(value: Record<string, unknown>): KubeObject {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {}
  checkAnnotations(value, metadata)
  return { ...value, metadata } as KubeObject
}

/** The tracking mark goes among the annotations: they must be what an API takes. */
function checkAnnotations(value: Record<string, unknown>, metadata: Record<string, unknown>): void {
  const given = value['metadata']
  // Go looks for the annotations in whatever is there.
  const annotations = given === undefined || given === null || isObject(given) ? metadata['annotations'] : given
  if (annotations === undefined || annotations === null) return
  const fail = (what: string): never => {
    const kind = `${apiOf(value)}, Kind=${String(value['kind'])} ${textOf(metadata['namespace'])}/${textOf(metadata['name'])}`
    throw new RenderError(
      `failed to set app instance tracking info on manifest: failed to get annotations for ${kind}: .metadata.annotations accessor error: ${what}`,
    )
  }
  if (!isObject(annotations))
    return fail(`${textOf(annotations)} is of the type ${goType(annotations)}, expected map[string]interface{}`)
  for (const [key, item] of Object.entries(annotations))
    if (typeof item !== 'string')
      fail(
        `contains non-string value in the map under key "${key}": ${goText(item)} is of the type ${goType(item)}, expected string`,
      )
}

function apiOf(value: Record<string, unknown>): string {
  const api = textOf(value['apiVersion'])
  return api.includes('/') ? api : `/${api}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}

function goText(value: unknown): string {
  return value === null ? '<nil>' : textOf(value)
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}
