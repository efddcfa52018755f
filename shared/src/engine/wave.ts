import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'

/** The wave an object is applied in: its annotation, else its Helm hook weight, else 0. */
export function syncWave(object: KubeObject): number {
  const { annotations } = object.metadata
  return wholeNumber(annotations?.[annotation.syncWave]) ?? wholeNumber(annotations?.[annotation.helmHookWeight]) ?? 0
}

/** One of 64 bits: what is larger is as good as no number. */
function wholeNumber(value: string | undefined): number | undefined {
  if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) return undefined
  const number = BigInt(value.replace('+', ''))
  return BigInt.asIntN(64, number) === number ? Number(number) : undefined
}
