import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'

/** The key of an object as one string, as `keyString` writes it: comparison asks for it again and again. */
export function objectKey(object: KubeObject): string {
  const { group, kind } = gvkOf(object)
  const { namespace = '', name = '' } = object.metadata
  return `${group}/${kind}/${namespace}/${name}`
}
