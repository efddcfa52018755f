import type { KubeObject } from './object.ts'

/** `stringData` is merged into `data`, as the server does. */
export function normalizeSecret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object
  const result: KubeObject = rest as KubeObject
  const data = isFields(result['data']) ? { ...result['data'] } : {}
  const said = isFields(result['data'])
  for (const [key, value] of Object.entries(data)) if (value === null) data[key] = ''
  if (isFields(stringData)) {
    for (const [key, value] of Object.entries(stringData))
      data[key] = encodeBase64(typeof value === 'string' ? value : '')
  }
  if (!said && Object.keys(data).length === 0) return result
  return { ...result, data }
}

function encodeBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCodePoint(byte)
  return btoa(binary)
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
