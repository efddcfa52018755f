import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { asText, conditionsAt } from './rules.ts'
import { join } from './strict.ts'

/** A model that KServe serves. Only a failed move to another model makes it Degraded. */
export function inferenceServiceHealth(object: KubeObject): HealthStatus {
  const model = at(object, 'status', 'modelStatus')
  const transition = at(model, 'transitionStatus')
  const moving = model !== undefined && transition !== 'UpToDate'
  let told = moving ? join(21, '0: transitionStatus | ', transition) : ''
  if (at(object, 'status', 'conditions') === undefined) {
    return verdict('Progressing', 'Waiting for InferenceService to report status...')
  }
  let unready = false
  for (const [index, { type, status, reason, message }] of conditionsAt(object).entries()) {
    if (type === 'Stopped' && status === 'True') return verdict('Suspended', 'InferenceService is Stopped')
    unready ||= status === 'Unknown' || (status === 'False' && type !== 'Stopped')
    if (type === 'Stopped' || status === 'True') continue
    const more = [asText(reason), asText(message)].filter((one) => one !== '').map((one) => ` | ${one}`)
    told = `${join(44, told, ' | ', index + 1, ': ', type, ' | ', status)}${more.join('')}`
  }
  if (!moving && !unready) return verdict('Healthy', 'InferenceService is healthy.')
  return verdict(moving && transition !== 'InProgress' ? 'Degraded' : 'Progressing', told)
}
