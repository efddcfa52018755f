import type { KubeObject } from '../../k8s/object.ts'

/** A rule that failed on an object, in Argo CD's words; the rule's own words are the cause. */
export function failedHealth({ metadata: { namespace = '', name } }: KubeObject, cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return new Error(`failed to get resource health for ${namespace}/${name}: ${error.message}`, { cause: error })
}
