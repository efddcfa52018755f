import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../k8s/object.ts'
import { fieldsOf } from '../../validation/values.ts'
import { pod, testApi, using, noon, type TestApi } from '../testing/api.ts'
import { resourceQuota } from './plugin.ts'
import { recount } from './recount.ts'

const ref = { group: '', version: 'v1', resource: 'resourcequotas', namespace: 'a', name: 'q' }

async function apiWith(hard: Record<string, string>, spec: object = {}): Promise<TestApi> {
  const api = await testApi([resourceQuota])
  const made = await api.create('resourcequotas', { metadata: { name: 'q' }, spec: { hard, ...spec } })
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']))
  await api.objects.update(ref, { ...made, status: { hard, used } }, { subresource: 'status' })
  return api
}

const usedOf = async (api: TestApi): Promise<unknown> => fieldsOf((await api.objects.get(ref))['status'])['used']
const configMap = (name: string): object => ({ metadata: { name } })

describe('a quota', () => {
  test('charges what fits and refuses the rest', async () => {
    const api = await apiWith({ configmaps: '1', pods: '1', 'requests.cpu': '1' })
    await api.create('configmaps', configMap('a'))
    expect((await api.refused('configmaps', configMap('b'))).status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
      reason: 'Forbidden',
      details: { name: 'b', kind: 'configmaps' },
      code: 403,
    })
    expect((await api.refused('pods', pod('p'))).message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify requests.cpu for: main',
    )
    await api.create('pods', pod('p', using({ cpu: '100m' })))
    expect(await usedOf(api)).toEqual({ configmaps: '1', pods: '1', 'requests.cpu': '100m' })
  })

  test('names all that is exceeded, in order', async () => {
    const api = await apiWith({ 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '5' })
    const error = await api.refused('pods', pod('p', using({ cpu: '2' }, { memory: '2Gi', cpu: '2' })))
    expect(error.message).toBe(
      'pods "p" is forbidden: exceeded quota: q, requested: limits.memory=2Gi,requests.cpu=2, used: limits.memory=0,requests.cpu=0, limited: limits.memory=1Gi,requests.cpu=1',
    )
  })

  test('is not charged by a dry run, but refuses it', async () => {
    const api = await apiWith({ configmaps: '1' })
    await api.create('configmaps', configMap('a'), { dryRun: true })
    expect(await usedOf(api)).toEqual({ configmaps: '0' })
  })

  test('lets nothing pass whose use is not known yet', async () => {
    const api = await apiWith({ configmaps: '1' })
    const quota = await api.objects.get(ref)
    await api.objects.update(ref, { ...quota, status: { hard: { configmaps: '1' } } }, { subresource: 'status' })
    expect((await api.refused('configmaps', configMap('a'))).message).toBe(
      'configmaps "a" is forbidden: status unknown for quota: q, resources: configmaps',
    )
  })

  test('is charged by many at once no more than it has', async () => {
    const api = await apiWith({ 'count/configmaps': '5' })
    const made = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => api.create('configmaps', configMap(`c${index}`))),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect(await usedOf(api)).toEqual({ 'count/configmaps': '5' })
  })

  test('counts by scope', async () => {
    const best = await apiWith({ pods: '0' }, { scopes: ['BestEffort'] })
    await best.create('pods', pod('p', using({ cpu: '1' })))
    expect((await best.refused('pods', pod('q'))).message).toContain('exceeded quota: q, requested: pods=1')
    const high = {
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
    }
    const prioritized = await apiWith({ pods: '0' }, high)
    await prioritized.create('pods', pod('p', {}, { priorityClassName: 'low' }))
    expect((await prioritized.refused('pods', pod('q', {}, { priorityClassName: 'high' }))).code).toBe(403)
  })

  test.each([
    ['NodePort', '1', '2', { 'services.nodeports': '2' }],
    ['LoadBalancer', '1', '2', { 'services.nodeports': '2', 'services.loadbalancers': '1' }],
    ['ClusterIP', '1', '0', {}],
  ])('counts a service of type %s', async (type, services, _, more) => {
    const api = await apiWith({ services: '9', 'services.nodeports': '9', 'services.loadbalancers': '9' })
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ]
    await api.create('services', { metadata: { name: 's' }, spec: { type, ports } })
    expect(await usedOf(api)).toEqual({ 'services.nodeports': '0', 'services.loadbalancers': '0', services, ...more })
  })

  test('counts storage by class', async () => {
    const name = 'gold.storageclass.storage.k8s.io/requests.storage'
    const api = await apiWith({ [name]: '3Gi', 'requests.storage': '10Gi', persistentvolumeclaims: '5' })
    await api.create('persistentvolumeclaims', {
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'gold', resources: { requests: { storage: '2Gi' } } },
    })
    expect(await usedOf(api)).toEqual({ [name]: '2Gi', 'requests.storage': '2Gi', persistentvolumeclaims: '1' })
  })
})

test('a recount adds up what is there', () => {
  const running = {
    ...pod('p', using({ cpu: '250m', memory: '64Mi' })),
    status: { phase: 'Running' },
  } as unknown as KubeObject
  const ended = { ...pod('e', using({ cpu: '1' })), status: { phase: 'Succeeded' } } as unknown as KubeObject
  const quota = {
    spec: {
      hard: {
        pods: '10',
        'count/pods': '10',
        'requests.cpu': '2',
        'requests.memory': '1Gi',
        configmaps: '4',
        other: '1',
      },
    },
  } as unknown as KubeObject
  const objects: Record<string, KubeObject[]> = { pods: [running, running, ended], configmaps: [] }
  expect(recount(quota, ['pods', 'configmaps', 'secrets'], (name) => objects[name] ?? [], noon).used).toEqual({
    pods: '2',
    'count/pods': '3',
    'requests.cpu': '500m',
    'requests.memory': '128Mi',
    configmaps: '0',
  })
})
