import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { asText, conditionsAt } from './rules.ts'

/** A model that KServe serves. Only a failed move to another model makes it Degraded. */
export function inferenceServiceHealth(object: KubeObject): HealthStatus {
  if (at(object, 'status') === undefined || Object.keys(at(object, 'status') ?? {}).length === 0) {
    return verdict('Progressing', 'Waiting for InferenceService to report status...')
  }
  const all = conditionsAt(object)
  if (all.some(({ type, status }) => type === 'Stopped' && status === 'True')) {
    return verdict('Suspended', 'InferenceService is Stopped')
  }
  const told: string[] = []
  const transition = text(object, 'status', 'modelStatus', 'transitionStatus')
  const moving = at(object, 'status', 'modelStatus') !== undefined && transition !== 'UpToDate'
  if (moving && transition !== 'InProgress') told.push(`0: transitionStatus | ${transition}`)
  let unready = false
  for (const [index, { type, status, reason, message }] of all.entries()) {
    if (type === 'Stopped' || status === 'True') continue
    unready ||= status === 'Unknown' || status === 'False'
    const words = [asText(type), asText(status), asText(reason), asText(message)].filter((one) => one !== '')
    told.push(` | ${index + 1}: ${words.join(' | ')}`)
  }
  if (!moving && !unready) return verdict('Healthy', 'InferenceService is healthy.')
  return verdict(moving && transition !== 'InProgress' ? 'Degraded' : 'Progressing', told.join(''))
}
