import type { KubeObject } from './object.ts'
import { isObject } from '../lang/json.ts'

/** `stringData` is merged into `data`, as the server does. */
export function normalizeSecret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object
  const result: KubeObject = rest as KubeObject
  const data = isObject(result['data']) ? { ...result['data'] } : {}
  const said = isObject(result['data'])
  if (isObject(stringData)) {
    // What is no text is a mistake that is to show.
    for (const [key, value] of Object.entries(stringData))
      data[key] = typeof value === 'string' ? encodeBase64(value) : value
  }
  for (const [key, value] of Object.entries(data)) if (isNothing(value)) data[key] = ''
  if (!said && Object.keys(data).length === 0) return result
  return { ...result, data }
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}

function encodeBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCodePoint(byte)
  return btoa(binary)
}
