import { goDump } from './go-dump.ts'
import type { PodTemplate } from './types.ts'
import { byKey } from '@flotilla/shared/lang/order'

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** 32-bit FNV-1a. */
export function fnv32a(text: string | Buffer, basis = 0x811c9dc5): number {
  let hash = basis
  for (const byte of typeof text === 'string' ? Buffer.from(text) : text) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** 32-bit FNV-1, which multiplies before it mixes. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash, 0x01000193) ^ byte
  return hash >>> 0
}

/** Spells a number in the alphabet of generated names, which forms no words. */
export function safeEncode(text: string): string {
  return Array.from(text, (letter) => letters[letter.charCodeAt(0) % letters.length]).join('')
}

/** The hash of a pod template that Kubernetes computes, so that names of ReplicaSets are those of a real cluster. */
export function templateHash(template: PodTemplate, collisions?: number): string {
  const hash = fnv32a(goDump('core/v1.PodTemplateSpec', template))
  if (collisions === undefined) return safeEncode(String(hash))
  const count = Buffer.alloc(8)
  count.writeUInt32LE(collisions)
  return safeEncode(String(fnv32a(count, hash)))
}

/** The hash of a stored revision: of its patch as Go writes JSON, and of how often names have collided. */
export function revisionHash(data: unknown, collisions: number): string {
  return safeEncode(String(fnv32(goJson(data) + String(collisions))))
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const sorted = fields.toSorted(byKey)
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`
}

/** Go escapes what could break out of HTML or JavaScript. */
function goJson(value: unknown): string {
  return canonical(value).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
