import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'

/** The wave an object is applied in: its annotation, else its Helm hook weight, else 0. */
export function syncWave(object: KubeObject): number {
  const { annotations } = object.metadata
  return wholeNumber(annotations?.[annotation.syncWave]) ?? wholeNumber(annotations?.[annotation.helmHookWeight]) ?? 0
}

function wholeNumber(value: string | undefined): number | undefined {
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : undefined
}
