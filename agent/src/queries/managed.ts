import type { Observation } from '../sync/observe.ts'
import { maskedStates } from './masked.ts'

/** Argo CD's managed resources: target beside live, as JSON text, Secrets masked. */
export function managedItems({ comparison }: Observation): unknown[] {
  return comparison.resources.map(({ key, hook, modified, target, live, normalizedLive, predictedLive }) => {
    const texts = maskedStates({ target, live, normalizedLive, predictedLive })
    return {
      ...(key.group !== '' && { group: key.group }),
      kind: key.kind,
      ...(key.namespace !== '' && { namespace: key.namespace }),
      name: key.name,
      targetState: JSON.stringify(texts.target ?? null),
      liveState: JSON.stringify(texts.live ?? null),
      normalizedLiveState: JSON.stringify(texts.normalizedLive ?? null),
      predictedLiveState: JSON.stringify(texts.predictedLive ?? null),
      ...(live?.metadata.resourceVersion !== undefined && { resourceVersion: live.metadata.resourceVersion }),
      ...(modified && { modified }),
      ...(hook && { hook }),
    }
  })
}
