import { annotation } from '@flotilla/shared/argo/annotations'
import type { KubeObject } from '@flotilla/shared/k8s/object'

export interface States {
  readonly target?: KubeObject | undefined
  readonly live?: KubeObject | undefined
  readonly normalizedLive?: KubeObject | undefined
  readonly predictedLive?: KubeObject | undefined
}

/** A live object as it may leave the cluster: a Secret's values are masked, equal ones with equal masks. */
export function masked(object: KubeObject): KubeObject {
  return maskedPair({ live: object }).live ?? object
}

/** All states of one object; within one answer equal values have masks of one length, so that differences still show. */
export function maskedPair(states: States): States {
  const object = states.live ?? states.target
  if (object?.kind !== 'Secret' || object.apiVersion !== 'v1') return states
  const masks = new Map<string, string>()
  const mask = (value: unknown): string => {
    const text = JSON.stringify(value)
    const known = masks.get(text) ?? '+'.repeat(8 + masks.size)
    masks.set(text, known)
    return known
  }
  const cover = (one: KubeObject): KubeObject => {
    const result: KubeObject = { ...one, metadata: { ...one.metadata } }
    for (const field of ['data', 'stringData']) {
      const values = one[field]
      if (typeof values !== 'object' || values === null) continue
      result[field] = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask(value)]))
    }
    const memory = one.metadata.annotations?.[annotation.lastApplied]
    if (memory !== undefined) {
      const text = coveredMemory(memory, cover)
      result.metadata.annotations = { ...one.metadata.annotations, [annotation.lastApplied]: text }
    }
    return result
  }
  return {
    target: states.target && cover(states.target),
    live: states.live && cover(states.live),
    normalizedLive: states.normalizedLive && cover(states.normalizedLive),
    predictedLive: states.predictedLive && cover(states.predictedLive),
  }
}

function coveredMemory(memory: string, cover: (object: KubeObject) => KubeObject): string {
  try {
    return JSON.stringify(cover(JSON.parse(memory) as KubeObject))
  } catch {
    return '++++++++'
  }
}
