import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseYamlDocuments } from '@flotilla/shared/k8s/yaml'
import { isObject } from '@flotilla/shared/lang/json'
import { RenderError } from './render.ts'

/** The objects of a text that holds YAML documents; what has no kind is no manifest and is passed over. */
export function manifestsOfYaml(text: string, name: string): KubeObject[] {
  let documents: unknown[]
  try {
    documents = parseYamlDocuments(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new RenderError(`Failed to unmarshal "${name}": ${message}`, { cause: error })
  }
  return documents.flatMap((document) => manifestsOf(document))
}

/** The objects of a value: itself, or what a List holds. */
export function manifestsOf(value: unknown): KubeObject[] {
  if (!isObject(value) || typeof value['kind'] !== 'string' || value['kind'] === '') return []
  const items = value['items']
  if (value['kind'].endsWith('List') && Array.isArray(items)) return items.flatMap(itemOf)
  return [whole(value)]
}

function itemOf(item: unknown): KubeObject[] {
  if (isObject(item) && typeof item['kind'] === 'string') return manifestsOf(item)
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
  const annotations = metadata['annotations']
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
