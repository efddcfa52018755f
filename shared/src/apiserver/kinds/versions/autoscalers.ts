import type { KubeObject } from '../../../k8s/object.ts'
import type { KindStrategy, KindVersion } from '../../strategy.ts'
import { childOf, fieldsList, fieldsOf, isFields, isSet, type Fields } from '../../validation/values.ts'
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './autoscaler-metrics.ts'

const prefix = 'autoscaling.alpha.kubernetes.io/'
const keys = ['metrics', 'behavior', 'current-metrics', 'conditions'].map((name) => prefix + name)

const isCpu = (metric: Fields): boolean =>
  metric['type'] === 'Resource' &&
  fieldsOf(metric['resource'])['name'] === 'cpu' &&
  fieldsOf(fieldsOf(metric['resource'])['target'])['averageUtilization'] !== undefined

function readJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const recased = (value: unknown, change: (text: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => recased(item, change))
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key.slice(0, 1)) + key.slice(1), recased(item, change)]),
  )
}
const upper = (text: string): string => text.toUpperCase()
const lower = (text: string): string => text.toLowerCase()

/** The second version as the first shows it: what the first does not know hides in annotations. */
function toFirst(object: KubeObject): KubeObject {
  const spec = fieldsOf(object['spec'])
  const status = fieldsOf(object['status'])
  const annotations: Record<string, string> = { ...object.metadata.annotations }
  for (const key of keys) delete annotations[key]
  const note = (name: string, value: unknown): void => {
    if (isSet(value)) annotations[prefix + name] = JSON.stringify(value)
  }
  const metrics = fieldsList(spec['metrics'])
  const cpu = metrics.find(isCpu)
  note('metrics', metrics.filter((metric) => metric !== cpu).map(metricToV1))
  if (isFields(spec['behavior'])) note('behavior', recased(spec['behavior'], upper))
  const current = fieldsList(status['currentMetrics'])
  const currentCpu = current.find(
    (metric) => metric['type'] === 'Resource' && fieldsOf(metric['resource'])['name'] === 'cpu',
  )
  note('current-metrics', current.filter((metric) => metric !== currentCpu).map(statusToV1))
  note('conditions', status['conditions'])
  const { metrics: _, behavior: __, ...kept } = spec
  const { currentMetrics: ___, conditions: ____, ...counts } = status
  const target = fieldsOf(fieldsOf(cpu?.['resource'])['target'])['averageUtilization']
  const usage = fieldsOf(fieldsOf(currentCpu?.['resource'])['current'])['averageUtilization']
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object, annotations),
    spec: { ...kept, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { ...counts, ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }) },
  }
}

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject['metadata'] {
  const { annotations: _, ...metadata } = object.metadata
  return (Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations }) as KubeObject['metadata']
}

/** The first version as it is kept. */
function fromFirst(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = fieldsOf(object['spec'])
  const { currentCPUUtilizationPercentage: usage, ...status } = fieldsOf(object['status'])
  const annotations: Record<string, string> = { ...object.metadata.annotations }
  const read = (name: string): unknown => readJson(annotations[prefix + name])
  const metrics = fieldsList(read('metrics')).map(metricFromV1)
  if (target !== undefined) metrics.unshift(cpuMetric(target))
  const behavior = recased(read('behavior'), lower)
  const current = fieldsList(read('current-metrics')).map(statusFromV1)
  if (usage !== undefined)
    current.unshift({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: usage } } })
  const conditions = read('conditions')
  for (const key of keys) delete annotations[key]
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object, annotations),
    spec: {
      ...spec,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(isFields(behavior) ? { behavior } : {}),
    },
    status: {
      ...status,
      currentMetrics: current.length > 0 ? current : null,
      ...(Array.isArray(conditions) && conditions.length > 0 ? { conditions } : {}),
    },
  }
}

const cpuMetric = (averageUtilization: unknown): Fields => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

/** Without metrics of any kind it looks at 80 % of CPU. */
function defaultFirst(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['minReplicas'] ??= 1
  const noted = fieldsOf(fieldsOf(object['metadata'])['annotations'])[`${prefix}metrics`]
  if (spec['targetCPUUtilizationPercentage'] === undefined && !isSet(noted)) spec['targetCPUUtilizationPercentage'] = 80
  const status = childOf(object, 'status')
  status['currentReplicas'] ??= 0
  status['desiredReplicas'] ??= 0
}

/** HorizontalPodAutoscaler of autoscaling/v1, checked as what it is kept as. */
export function firstAutoscaler(second: KindStrategy): KindVersion {
  const stored = (object: KubeObject | undefined): KubeObject | undefined => object && fromFirst(object)
  return {
    fromStorage: toFirst,
    toStorage: fromFirst,
    strategy: {
      defaults: defaultFirst,
      validate: (next, previous, context) => second.validate?.(fromFirst(next), stored(previous), context) ?? [],
      warnings: (next, previous, context) => second.warnings?.(fromFirst(next), stored(previous), context) ?? [],
    },
  }
}
