import type { PodTemplate } from './types.ts'

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** 32-bit FNV-1a. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Spells a number in the alphabet of generated names, which forms no words. */
export function safeEncode(text: string): string {
  return Array.from(text, (letter) => letters[letter.charCodeAt(0) % letters.length]).join('')
}

/** A short name for a pod template's content: equal for equal templates whatever the order of keys. */
export function templateHash(template: PodTemplate, collisions = 0): string {
  return safeEncode(String(fnv32a(canonical(template) + (collisions === 0 ? '' : String(collisions)))))
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`
}
