import { expect, it } from 'vitest'
import type { KubeObject } from '../../../k8s/object.ts'
import { builtinResources } from '../../schema/builtin.ts'
import { builtinStrategies } from '../index.ts'

const rows = builtinResources(builtinStrategies)
const row = (plural: string, group: string, version: string) => {
  const found = rows.find((each) => each.plural === plural && each.group === group && each.version === version)
  if (!found?.fromStorage || !found.toStorage) throw new Error(`${plural} is not converted`)
  return { fromStorage: found.fromStorage.bind(found), toStorage: found.toStorage.bind(found) }
}

it('autoscalers of the first version keep in annotations what it does not know', () => {
  const first = row('horizontalpodautoscalers', 'autoscaling', 'v1')
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
  }
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }
  const kept: KubeObject = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'x' },
    spec: { maxReplicas: 3, metrics: [cpu, memory], scaleTargetRef: { kind: 'Deployment', name: 'x' } },
  }
  const shown = first.fromStorage(kept)
  expect(shown['spec']).toMatchObject({ targetCPUUtilizationPercentage: 60 })
  expect(shown.metadata.annotations).toHaveProperty(['autoscaling.alpha.kubernetes.io/metrics'])
  expect(first.toStorage(shown)['spec']).toEqual(kept['spec'])
})

it('events of the newer group are those of the core under other names', () => {
  const newer = row('events', 'events.k8s.io', 'v1')
  const kept: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'x' },
    involvedObject: { kind: 'Pod', name: 'p' },
    message: 'hello',
    reason: 'Because',
  }
  const shown = newer.fromStorage(kept)
  expect(shown).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'hello', regarding: { kind: 'Pod', name: 'p' } })
  expect(newer.toStorage(shown)).toMatchObject({ apiVersion: 'v1', message: 'hello', involvedObject: { name: 'p' } })
})
