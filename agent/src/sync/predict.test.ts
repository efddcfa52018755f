import { expect, test } from 'vitest'
import { settings } from '@flotilla/shared/engine/testing/operation-world'
import type { ApiRequest, Cluster } from '../cluster/client.ts'
import { createPredictor } from './predict.ts'

const target = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' }, data: { a: '1' } }
const kind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: [] }
const annotations = { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' }

function world(answer: (request: ApiRequest) => object = () => target) {
  const requests: ApiRequest[] = []
  const cluster = {
    request(request: ApiRequest) {
      requests.push(request)
      return Promise.resolve({ code: 200, text: JSON.stringify(answer(request)), warnings: [] })
    },
  } as Partial<Cluster> as Cluster
  const predictor = createPredictor(cluster, () => kind)
  const ask = (version: string, asked?: number, wanted = target) =>
    predictor({ ...settings, annotations }, asked)([wanted], () => ({
      ...target,
      metadata: { ...target.metadata, resourceVersion: version },
    }))
  return { requests, ask, predictor }
}

test('the same question about the same version is asked once, until somebody wants to know anew', async () => {
  const { requests, ask } = world()
  await ask('1')
  await ask('1')
  expect(requests).toHaveLength(1)
  await ask('2')
  await ask('2', undefined, { ...target, data: { a: '2' } })
  expect(requests).toHaveLength(3)
  await ask('2', 7, { ...target, data: { a: '2' } })
  await ask('2', 7, { ...target, data: { a: '2' } })
  await ask('2', undefined, { ...target, data: { a: '2' } })
  expect(requests).toHaveLength(4)
})

test('an object that is not there is not asked about', async () => {
  const { requests, predictor } = world()
  const { predicted } = await predictor({ ...settings, annotations })([target], () => undefined)
  expect([predicted.size, requests.length]).toEqual([0, 0])
})

test('a dry run that is refused is told in the words of its server', async () => {
  const { ask } = world(() => {
    throw new Error('admission webhook "x" denied the request')
  })
  expect((await ask('1')).failed).toMatch(
    /serverSideDiff error: error running server side apply in dryrun mode for resource ConfigMap\/a: admission webhook "x" denied the request$/,
  )
})
