import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString } from '../k8s/ref.ts'
import type { CompareCache } from './compare-types.ts'

/** The key of an object as one string, kept where there is a cache: comparison asks for it again and again. */
export function objectKey(object: KubeObject, cache?: CompareCache): string {
  const known = cache?.keys.get(object)
  if (known !== undefined) return known
  const key = keyString(keyOf(object))
  cache?.keys.set(object, key)
  return key
}
