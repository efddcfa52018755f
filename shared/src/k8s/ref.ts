import { gvkOf } from './gvk.ts'
import type { KubeObject } from './object.ts'

/** Names one object in a cluster, whatever version it is read in. */
export interface ResourceKey {
  readonly group: string
  readonly kind: string
  /** Empty for objects in no namespace. */
  readonly namespace: string
  readonly name: string
}

/** The key of an object; its own namespace, or empty. */
export function keyOf(object: KubeObject): ResourceKey {
  const { group, kind } = gvkOf(object)
  return { group, kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' }
}

/** One string per key, usable in maps: `group/kind/namespace/name`. */
export function keyString(key: ResourceKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`
}
