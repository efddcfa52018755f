import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLiveStore } from '@flotilla/agent/live/store'
import { compare } from '@flotilla/shared/engine/compare'
import { compareCache, type CompareCache, type CompareInput } from '@flotilla/shared/engine/compare-types'
import { prepareTargets } from '@flotilla/shared/engine/targets'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Row } from './table.ts'
import { workloads } from './workload.ts'

const kinds: CompareInput['kinds'] = new Map(
  [
    ['', 'v1', 'ServiceAccount', 'serviceaccounts'],
    ['', 'v1', 'Service', 'services'],
    ['apps', 'v1', 'Deployment', 'deployments'],
    ['networking.k8s.io', 'v1', 'Ingress', 'ingresses'],
  ].map(([group = '', version = '', kind = '', resource = '']) => [
    `${group}/${kind}`,
    { group, version, kind, resource, namespaced: true, verbs: ['list', 'watch'] },
  ]),
)

const settings: CompareInput['settings'] = {
  instance: 'bench',
  trackingMethod: 'annotation',
  instanceLabelKey: 'app.kubernetes.io/instance',
  argocdCm: {},
  annotations: {},
  destination: { name: 'cluster-0', namespace: 'default' },
  sources: [],
  project: 'default',
  projectSpec: {},
} as unknown as CompareInput['settings']

/** An object as a server answers an apply of it. */
function applied(target: KubeObject, index: number): KubeObject {
  const metadata = {
    ...target.metadata,
    uid: `uid-${index}`,
    resourceVersion: String(index + 1),
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 1,
  }
  return { ...target, metadata }
}

/** How long one core needs to compare so many objects with what is live: for the first time, and when little has changed. */
export function benchCompare(objects: number): Row[] {
  const applications = objects / workloads.W2.size
  const manifests = Array.from({ length: applications }, (_, index) => workloads.W2.objects(index, 1)).flat()
  const { targets } = prepareTargets({ settings, manifests, live: [], kinds })
  const digests = manifests.map((_, index) => `sha256:${index}`)
  const live = targets.map(applied)
  const once = (cache: CompareCache): number => {
    const started = process.cpuUsage()
    compare({ settings, manifests, digests, live, kinds, cache })
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  }
  // The first times are those of a process that has just begun.
  const cold = once(compareCache())
  const warm = Math.min(once(compareCache()), once(compareCache()), once(compareCache()))
  const cache = compareCache()
  once(cache)
  live.splice(0, 100, ...targets.slice(0, 100).map((target, index) => applied(target, index + objects)))
  const again = once(cache)
  return [
    { what: `compare ${objects} objects, in a new process`, got: cold, bar: 500, unit: 'CPU ms', more: false },
    { what: `compare ${objects} objects, all new`, got: warm, bar: 500, unit: 'CPU ms', more: false },
    { what: `compare ${objects} objects again, 100 changed`, got: again, bar: 500, unit: 'CPU ms', more: false },
  ]
}

/** Bytes that an agent keeps for each object that an application owns. */
export function benchTracked(objects: number): Row {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const store = createLiveStore({
    tracking: () => settings,
    summaryOf: () => ({ images: [], urls: [] }),
    changed: () => undefined,
  })
  const applications = objects / workloads.W2.size
  const fill = (first: number, count: number): void => {
    const manifests = Array.from({ length: count }, (_, index) => workloads.W2.objects(first + index, 1)).flat()
    const { targets } = prepareTargets({ settings, manifests, live: [], kinds })
    for (const [index, target] of targets.entries())
      // As it would come off the wire: nothing in it is shared.
      store.put(JSON.parse(JSON.stringify(applied(target, first * workloads.W2.size + index))) as KubeObject)
  }
  fill(0, 500)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 500; index < applications; index += 100) fill(index, 100)
  collect()
  const kept = (process.memoryUsage().heapUsed - before) / (objects - 500 * workloads.W2.size)
  return { what: 'agent, for each tracked object', got: kept, bar: undefined, unit: 'B', more: false }
}
