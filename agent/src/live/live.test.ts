import { expect, onTestFinished, test, vi } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Cluster } from '../cluster/client.ts'
import { ApiError } from '../cluster/errors.ts'
import { createLive } from './live.ts'
import { createLiveStore } from './store.ts'

interface Served {
  /** Versions of widgets that discovery tells of, the most preferred first. */
  versions: string[]
  /** Whether an aggregated API keeps silent. */
  stale: boolean
}

const version = (name: string, resource: string, kind: string) => ({
  version: name,
  resources: [{ resource, responseKind: { kind }, scope: 'Cluster', verbs: ['list', 'watch'] }],
})

/** A server of definitions and widgets whose watches say nothing of their own. */
function serverOf(served: Served) {
  const lines = new Map<string, (line: string) => void>()
  const counts = { discoveries: 0 }
  const widgets: KubeObject[] = []
  const groups = () => ({
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: 'apiextensions.k8s.io' },
        versions: [version('v1', 'customresourcedefinitions', 'CustomResourceDefinition')],
      },
      ...(served.versions.length > 0
        ? [
            {
              metadata: { name: 'a.example' },
              versions: served.versions.map((name) => version(name, 'widgets', 'Widget')),
            },
          ]
        : []),
      ...(served.stale
        ? [{ metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1beta1', freshness: 'Stale' }] }]
        : []),
    ],
  })
  const cluster = {
    async request({ path }: { path: string }) {
      if (path === '/apis') counts.discoveries++
      return {
        code: 200,
        warnings: [],
        text: JSON.stringify(path === '/apis' ? groups() : { kind: 'APIGroupDiscoveryList' }),
      }
    },
    async list(kind: { kind: string; version: string }, _: unknown, take: (objects: KubeObject[]) => void) {
      if (kind.kind === 'Widget' && !served.versions.includes(kind.version))
        throw new ApiError(404, 'NotFound', 'not found')
      take(kind.kind === 'Widget' ? widgets : [])
      return '1'
    },
    async *stream(path: string, _: unknown, signal: AbortSignal) {
      for (;;) {
        yield await new Promise<string>((resolve, reject) => {
          lines.set(path, (line) => (line === '' ? reject(new ApiError(404, 'NotFound', 'not found')) : resolve(line)))
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      }
    },
  } as unknown as Cluster
  return { cluster, counts, widgets, say: (path: string, line: string) => lines.get(path)?.(line) }
}

const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length), uuid: () => '' }

async function start(served: Served) {
  const server = serverOf(served)
  const clock = virtualClock()
  const store = createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: 'app.kubernetes.io/instance' }),
    summaryOf: () => ({ images: [], urls: [] }),
    changed: () => undefined,
  })
  const rediscovered = vi.fn<() => void>()
  const live = await createLive({ cluster: server.cluster, store, clock, random, rediscovered })
  onTestFinished(() => live.stop())
  const use = async (name: string) => {
    const kind = live.discovery().kinds.get(name)
    if (kind) await live.use([kind], [])
    await clock.settle()
  }
  return { ...server, clock, store, live, rediscovered, use }
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

function definition(type: string, ...versions: string[]): string {
  const object = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.a.example', uid: 'u', resourceVersion: '2' },
    spec: { group: 'a.example', names: { kind: 'Widget' }, versions: versions.map((name) => ({ name, served: true })) },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  }
  return JSON.stringify({ type, object })
}

test('a new kind is asked for until it is served, which is a moment after its definition is accepted', async () => {
  const served: Served = { versions: [], stale: false }
  const { live, say, clock, use } = await start(served)
  await use('apiextensions.k8s.io/CustomResourceDefinition')
  say(definitions, definition('ADDED', 'v1'))
  await clock.advance(1_000)
  expect(live.discovery().kinds.has('a.example/Widget')).toBe(false)
  served.versions = ['v1']
  await clock.advance(2_000)
  expect(live.discovery().kinds.has('a.example/Widget')).toBe(true)
})

test('a version that a known definition adds is heard of', async () => {
  const served: Served = { versions: ['v1'], stale: false }
  const { live, say, clock, use } = await start(served)
  await use('apiextensions.k8s.io/CustomResourceDefinition')
  served.versions = ['v2', 'v1']
  say(definitions, definition('MODIFIED', 'v1', 'v2'))
  await clock.advance(1_000)
  expect(live.discovery().versions).toContain('a.example/v2')
})

test('a kind that is no longer served is forgotten with its objects, and is no trouble any more', async () => {
  const served: Served = { versions: ['v1'], stale: false }
  const { live, say, clock, use, store, widgets } = await start(served)
  widgets.push({ apiVersion: 'a.example/v1', kind: 'Widget', metadata: { name: 'w', uid: 'w', resourceVersion: '1' } })
  await use('a.example/Widget')
  expect(store.size()).toBe(1)
  served.versions = []
  say('/apis/a.example/v1/widgets', '')
  await clock.advance(5_000)
  expect(live.unlisted({ group: 'a.example', kind: 'Widget', namespace: '' })).toBeUndefined()
  expect(store.size()).toBe(0)
})

test('a kind that discovery lacks is kept as long as its objects can be seen', async () => {
  const served: Served = { versions: ['v1'], stale: false }
  const { live, clock, use, store, widgets } = await start(served)
  widgets.push({ apiVersion: 'a.example/v1', kind: 'Widget', metadata: { name: 'w', uid: 'w', resourceVersion: '1' } })
  await use('a.example/Widget')
  served.versions = []
  await live.rediscover()
  await clock.settle()
  expect(store.size()).toBe(1)
})

test('an aggregated API that was silent at the start is asked again', async () => {
  const served: Served = { versions: [], stale: true }
  const { live, clock, rediscovered } = await start(served)
  expect(live.discovery().stale).toEqual(['metrics.k8s.io/v1beta1'])
  served.stale = false
  await clock.advance(60_000)
  expect(live.discovery().stale).toEqual([])
  expect(rediscovered).toHaveBeenCalled()
})

test('a quiet cluster is asked once in a while, and nobody is troubled with the same answer', async () => {
  const { counts, clock, rediscovered } = await start({ versions: ['v1'], stale: false })
  await clock.advance(3_600_000)
  expect(counts.discoveries).toBe(7)
  expect(rediscovered).not.toHaveBeenCalled()
})
