import type { KubeObject } from '@flotilla/shared/k8s/object'
import { secretMasker } from '@flotilla/shared/k8s/redact'

export interface States {
  readonly target?: KubeObject | undefined
  readonly live?: KubeObject | undefined
  readonly normalizedLive?: KubeObject | undefined
  readonly predictedLive?: KubeObject | undefined
}

/** A live object as it may leave the cluster: a Secret's values are masked. */
export function masked(object: KubeObject): KubeObject {
  return secretMasker().mask(object)
}

/** All states of one object with masks that show what differs. */
export function maskedStates({ target, live, normalizedLive, predictedLive }: States): States {
  const masker = secretMasker()
  const mask = (object: KubeObject) => masker.mask(object)
  return {
    target: target && mask(target),
    live: live && mask(live),
    normalizedLive: normalizedLive && mask(normalizedLive),
    predictedLive: predictedLive && mask(predictedLive),
  }
}
