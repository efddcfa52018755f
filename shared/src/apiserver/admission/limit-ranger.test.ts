import { describe, expect, test } from 'vitest'
import { fieldsList, fieldsOf } from '../validation/values.ts'
import { limitRanger } from './limit-ranger.ts'
import { pod, testApi, using, type TestApi } from './testing/api.ts'

async function apiWith(...limits: object[]): Promise<TestApi> {
  const api = await testApi([limitRanger])
  await api.create('limitranges', { metadata: { name: 'l' }, spec: { limits } })
  return api
}

describe('defaults', () => {
  test('fills in what containers do not say, and notes it', async () => {
    const api = await apiWith({
      type: 'Container',
      default: { cpu: '500m', memory: '256Mi' },
      defaultRequest: { cpu: '100m' },
    })
    const made = await api.create(
      'pods',
      pod('p', using({ cpu: '50m' }), { initContainers: [{ name: 'init', image: 'i' }] }),
    )
    const spec = fieldsOf(made['spec'])
    expect(fieldsList(spec['containers'])[0]?.['resources']).toEqual({
      requests: { cpu: '50m', memory: '256Mi' },
      limits: { cpu: '500m', memory: '256Mi' },
    })
    expect(fieldsOf(made.metadata.annotations)['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: memory request for container main; cpu, memory limit for container main; cpu, memory request for init container init; cpu, memory limit for init container init',
    )
    const owned = JSON.stringify(made.metadata.managedFields)
    expect(owned).not.toContain('limit-ranger')
  })

  test('leaves pods alone that say all', async () => {
    const api = await apiWith({ type: 'Container', default: { cpu: '1' } })
    const made = await api.create('pods', pod('p', using({ cpu: '1' }, { cpu: '2' })))
    expect(made.metadata.annotations).toBeUndefined()
  })
})

const container = (bounds: object): object => ({ type: 'Container', ...bounds })
const two = (requests: object, limits: object): object =>
  pod('p', using(requests, limits), {
    containers: [
      { name: 'a', image: 'i', ...using(requests, limits) },
      { name: 'b', image: 'i', ...using(requests, limits) },
    ],
  })

describe('bounds', () => {
  test.each([
    [
      container({ max: { cpu: '1' } }),
      pod('p', using({}, { cpu: '2' })),
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      container({ min: { memory: '16Mi' } }),
      pod('p', using({ memory: '1Mi' })),
      'minimum memory usage per Container is 16Mi, but request is 1Mi',
    ],
    [
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      pod('p', using({ cpu: '100m' }, { cpu: '500m' })),
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    ],
    [
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      pod('p', using({ cpu: '0' }, { cpu: '500m' })),
      'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      two({ cpu: '600m' }, { cpu: '600m' }),
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
    [
      { type: 'Pod', max: { memory: '1Gi' } },
      pod('p', using({ memory: '2Gi' })),
      'maximum memory usage per Pod is 1Gi.  No limit is specified',
    ],
  ])('%o refuses', async (limit, given, why) => {
    const api = await apiWith(limit)
    const error = await api.refused('pods', given)
    expect(error.status).toMatchObject({ code: 403, reason: 'Forbidden', message: `pods "p" is forbidden: ${why}` })
  })

  test('says all that is wrong at once', async () => {
    const api = await apiWith(container({ min: { cpu: '100m' }, max: { cpu: '1', memory: '1Gi' } }))
    const error = await api.refused('pods', pod('p', using({ cpu: '2' }, { cpu: '2', memory: '2Gi' })))
    expect(error.message).toBe(
      'pods "p" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    )
  })

  test('claims are held to their requests', async () => {
    const api = await apiWith({ type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } })
    const claim = (storage: string): object => ({
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    })
    const refused = await api.refused('persistentvolumeclaims', claim('3Gi'))
    expect(refused.message).toBe(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    )
    await api.create('persistentvolumeclaims', claim('2Gi'))
  })
})
