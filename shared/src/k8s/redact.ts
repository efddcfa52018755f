import type { KubeObject } from './object.ts'
import { normalizeSecret } from './secret.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Masks the values of a Secret. One masker serves one answer: equal values of a key get masks of equal length there,
 * different ones differ, so that a reader sees *that* something changed and never what. Mask the target before the live object.
 */
export interface SecretMasker {
  /** The object masked; objects of other kinds are given back as they are. Does not change its argument. */
  mask(object: KubeObject): KubeObject
}

const shortest = 8
const step = 4

/** A masker whose memory is one answer. `annotations`: keys from `resource.sensitive.mask.annotations`. */
export function secretMasker(annotations: readonly string[] = []): SecretMasker {
  const masks = new Map<string, string>()
  // Each key counts for itself, as Argo CD has it: masks of two keys say nothing about each other.
  const maskOf = (key: string, value: unknown): string => {
    const text = `${key}\0${typeof value === 'string' ? value : JSON.stringify(value)}`
    const found = masks.get(text)
    if (found !== undefined) return found
    const known = [...masks.keys()].filter((other) => other.startsWith(`${key}\0`)).length
    const made = '+'.repeat(shortest + step * known)
    masks.set(text, made)
    return made
  }
  const maskFields = (fields: unknown, prefix: string): unknown => {
    if (typeof fields !== 'object' || fields === null) return fields
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, maskOf(`${prefix}${key}`, value)]))
  }
  const mask = (object: KubeObject): KubeObject => {
    if (!isSecret(object)) return object
    // Text and its base64 form are one value, so `stringData` is looked at as what it becomes.
    const result: KubeObject = { ...normalizeSecret(object) }
    if (result['data'] !== undefined) result['data'] = maskFields(result['data'], 'data.')
    if (object.metadata?.annotations) {
      const masked = { ...object.metadata.annotations }
      for (const key of annotations)
        if (masked[key] !== undefined) masked[key] = maskOf(`annotation.${key}`, masked[key])
      const applied = masked[lastApplied]
      if (applied !== undefined) masked[lastApplied] = maskApplied(applied, mask)
      result.metadata = { ...object.metadata, annotations: masked }
    }
    return result
  }
  return { mask }
}

/** The copy of the object that kubectl keeps; what cannot be read is not shown at all. */
function maskApplied(text: string, mask: (object: KubeObject) => KubeObject): string {
  try {
    const applied: unknown = JSON.parse(text)
    if (typeof applied !== 'object' || applied === null) return '++++++++'
    return JSON.stringify(mask({ metadata: {}, ...applied, apiVersion: 'v1', kind: 'Secret' } as KubeObject))
  } catch {
    return '++++++++'
  }
}

/** Whether an object is a core Secret, of whatever version. */
export function isSecret(object: KubeObject): boolean {
  return object.kind === 'Secret' && !object.apiVersion.includes('/')
}
