import type { KubeObject } from '../k8s/object.ts'
import { normalizedSpecially } from './upheld.ts'
import { schemeType, type SchemeField, type SchemeType } from './scheme/types.ts'
import { isObject } from '../lang/json.ts'

/**
 * Whether it is plain to see that an object of a known type is not as it is wanted: a text that is wanted is another one
 * in the live object. A merge brings the wanted one, and no default takes the place of a text that is there. False means
 * that it has to be looked at properly.
 */
export function differsPlainly(target: KubeObject, live: KubeObject): boolean {
  const type = schemeType(target.apiVersion, target.kind)
  if (!type || normalizedSpecially(target.kind) || target.apiVersion !== live.apiVersion) return false
  for (const key in target) {
    const field = type.fields.get(key)
    if (!field || key === 'apiVersion' || key === 'kind' || key === 'status') continue
    const differs = key === 'metadata' ? differsInMarks : differsInField
    if (differs(target[key], live[key], field)) return true
  }
  return false
}

/** Labels and annotations: all else of an object's metadata is the server's, or its name. */
function differsInMarks(wanted: unknown, live: unknown, { type }: SchemeField): boolean {
  if (!isObject(wanted) || !isObject(live) || type.form !== 'struct') return false
  return ['labels', 'annotations'].some((key) => {
    const field = type.fields.get(key)
    return field !== undefined && differsInField(wanted[key], live[key], field)
  })
}

function differsAsText(wanted: unknown, live: unknown): boolean {
  return typeof wanted === 'string' && typeof live === 'string' && wanted !== live && wanted !== '' && live !== ''
}

function differsInField(wanted: unknown, live: unknown, { type, merge, mergeKey }: SchemeField): boolean {
  if (type.form !== 'list') return differsInType(wanted, live, type)
  if (!merge || mergeKey === undefined || !Array.isArray(wanted) || !Array.isArray(live)) return false
  const there = byKey(live, mergeKey)
  const here = byKey(wanted, mergeKey)
  // Items of which two share a key are merged by their order.
  if (!there || !here) return false
  for (const [key, item] of here) if (differsInType(item, there.get(key), type.of)) return true
  return false
}

function differsInType(wanted: unknown, live: unknown, type: SchemeType): boolean {
  if (type.form === 'scalar') return type.scalar === 'string' && differsAsText(wanted, live)
  if (!isObject(wanted) || !isObject(live) || type.form === 'list') return false
  for (const key in wanted) {
    if (type.form === 'map') {
      if (differsInType(wanted[key], live[key], type.of)) return true
    } else {
      const field = type.fields.get(key)
      if (field && differsInField(wanted[key], live[key], field)) return true
    }
  }
  return false
}

/** Items by their key; undefined where one has none, or shares it. */
function byKey(items: readonly unknown[], mergeKey: string): ReadonlyMap<unknown, unknown> | undefined {
  const found = new Map<unknown, unknown>()
  for (const item of items) {
    const key = isObject(item) ? item[mergeKey] : undefined
    if (key === undefined || found.has(key)) return undefined
    found.set(key, item)
  }
  return found
}
