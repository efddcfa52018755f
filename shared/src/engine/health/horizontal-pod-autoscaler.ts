import { dictionary } from '../../lang/dictionary.ts'
import { jsonSyntaxError } from '../../lang/go-json-error.ts'
import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { asCondition, conditions, type StatusCondition } from './fields.ts'
import { verdict } from './verdict.ts'

const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'

const failures: Readonly<Record<string, readonly string[]>> = dictionary({
  AbleToScale: ['FailedGetScale', 'FailedUpdateScale'],
  ScalingActive: [
    'FailedGetResourceMetric',
    'FailedGetObjectMetric',
    'FailedGetPodsMetric',
    'FailedGetExternalMetric',
    'FailedComputeMetricsReplicas',
    'InvalidSelector',
  ],
})

/** autoscaling/v1 (conditions in an annotation) and v2. */
export function horizontalPodAutoscalerHealth(object: KubeObject): HealthStatus {
  const found = object.apiVersion === 'autoscaling/v1' ? annotatedConditions(object) : conditions(object)
  const failed = found.find(({ type, reason }) => failures[type]?.includes(reason))
  if (failed) return verdict('Degraded', failed.message)
  const able = found.find(
    ({ type, status }) => (type === 'AbleToScale' || type === 'ScalingLimited') && status === 'True',
  )
  return able ? verdict('Healthy', able.message) : verdict('Progressing', 'Waiting to Autoscale')
}

function annotatedConditions(object: KubeObject): StatusCondition[] {
  const value = object.metadata.annotations?.[conditionsAnnotation]
  if (value === undefined) return []
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) ? parsed.map(asCondition) : []
  } catch {
    throw new Error(`failed to convert conditions annotation to typed: ${jsonSyntaxError(value)}`)
  }
}
