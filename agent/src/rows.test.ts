import type { KubeObject } from '@flotilla/shared/k8s/object'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'

let world: EngineWorld
beforeAll(async () => (world = await startEngineWorld()))
afterAll(() => world[Symbol.asyncDispose]())

test('a hook that has come to its end keeps the last word that was said of it on the way', async () => {
  const { desired } = world
  const labels = { app: 'd' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'registry.example/app:1' }] } }
  const hook: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', annotations: { 'argocd.argoproj.io/hook': 'PostSync' } },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  }
  desired.assign('argocd/a', [configMap('a'), hook], automatedSettings, 'one')
  const pods = '/api/v1/namespaces/t/pods'
  const name = await vi.waitFor(async () => {
    const list = (await world.get(pods)) as { items?: KubeObject[] } | undefined
    expect(list?.items).toHaveLength(1)
    return list?.items?.[0]?.metadata.name ?? ''
  }, 20_000)
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const patch = { method: 'PATCH', contentType: 'application/merge-patch+json', body: { status } } as const
  await world.cluster.request({ ...patch, path: `${pods}/${name}/status` })
  const { operationState } = await desired.until('argocd/a', (report) => report.operationState?.phase === 'Succeeded')
  const row = operationState?.syncResult?.resources?.find(({ kind }) => kind === 'Deployment')
  expect(row?.hookPhase).toBe('Succeeded')
  expect(row?.message).toMatch(/^Waiting for rollout to finish: /)
})

test('links of an application are among its addresses', async () => {
  const { desired } = world
  const annotations = { 'link.argocd.argoproj.io/docs': 'Docs|https://example.com/docs' }
  const settings = { ...automatedSettings, instance: 'linked', annotations, syncPolicy: {} }
  desired.assign('argocd/linked', [configMap('l')], settings, 'one')
  const report = await desired.until('argocd/linked', ({ revisions }) => revisions[0] === 'one')
  expect(report.externalURLs).toEqual(['Docs|https://example.com/docs'])
})

test('who asks for server-side apply and for force gets neither', async () => {
  const { desired } = world
  const both = configMap('both', {})
  const annotations = { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true,Force=true' }
  const forced = { ...both, metadata: { ...both.metadata, annotations } }
  desired.assign('argocd/forced', [forced, configMap('plain')], { ...automatedSettings, instance: 'forced' }, 'one')
  const { operationState } = await desired.until('argocd/forced', (report) =>
    Boolean(report.operationState?.finishedAt),
  )
  const rows = operationState?.syncResult?.resources?.map(({ name, status, message }) => [name, status, message])
  expect(rows).toContainEqual(['plain', 'Synced', 'configmap/plain created'])
  const message = 'error validating options: --force cannot be used with --server-side'
  expect(rows).toContainEqual(['both', 'SyncFailed', message])
})
