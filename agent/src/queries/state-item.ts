import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ResourceKey } from '@flotilla/shared/k8s/ref'

/** What is shown of one object beside its manifest; null is told where there is none. */
export interface States {
  readonly target: unknown
  readonly live: KubeObject | undefined
  readonly normalizedLive: unknown
  readonly predictedLive: unknown
  readonly modified: boolean | undefined
  readonly hook: boolean | undefined
}

/** One of Argo CD's managed resources: states as JSON text, and nothing said where there is nothing to say. */
export function stateItem(key: ResourceKey, states: States): unknown {
  const { group, kind, namespace, name } = key
  const version = states.live?.metadata.resourceVersion
  return {
    ...(group !== '' && { group }),
    kind,
    ...(namespace !== '' && { namespace }),
    ...(name !== '' && { name }),
    targetState: JSON.stringify(states.target ?? null),
    liveState: JSON.stringify(states.live ?? null),
    normalizedLiveState: JSON.stringify(states.normalizedLive ?? null),
    predictedLiveState: JSON.stringify(states.predictedLive ?? null),
    ...(version !== undefined && { resourceVersion: version }),
    ...(states.modified && { modified: true }),
    ...(states.hook && { hook: true }),
  }
}
