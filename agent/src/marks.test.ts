import { afterAll, beforeAll, expect, test } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'

let world: EngineWorld
beforeAll(async () => (world = await startEngineWorld()))
afterAll(() => world[Symbol.asyncDispose]())

test('objects that were seen before are known by the marks of now', async () => {
  const { desired, cluster } = world
  const byHand = { ...automatedSettings, syncPolicy: {} }
  const metadata = { name: 'marked', labels: { 'app.kubernetes.io/instance': 'a' } }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 't' } }
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces', body: namespace })
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces/t/configmaps', body: object })
  desired.assign('argocd/a', [configMap('wanted')], byHand, 'one')
  const before = await desired.until('argocd/a', ({ revisions }) => revisions[0] === 'one')
  expect(before.resources.map(({ name }) => name)).toEqual(['wanted'])
  desired.assign('argocd/a', [configMap('wanted')], { ...byHand, trackingMethod: 'label' }, 'two')
  const after = await desired.until('argocd/a', ({ resources }) => resources.length === 2)
  expect(after.resources.find(({ name }) => name === 'marked')).toMatchObject({ requiresPruning: true })
})
