import type { KubeObject } from '../../k8s/object.ts'

/** A rule that failed on an object, in Argo CD's words; the rule's own words are the cause. */
export class HealthFailure extends Error {
  override readonly cause: Error

  constructor(object: KubeObject, cause: unknown) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    const { namespace = '', name = '' } = (object.metadata as KubeObject['metadata'] | undefined) ?? {}
    super(`failed to get resource health for ${namespace}/${name}: ${error.message}`)
    this.cause = error
  }
}
