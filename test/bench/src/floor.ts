import { inFlight, pathOf, type Api } from './api.ts'
import { namespaces, type Workload } from './workload.ts'

/** Makes the namespaces of the workloads. */
export async function makeNamespaces(apis: readonly Api[]): Promise<void> {
  for (const api of apis)
    for (const name of namespaces)
      await api.apply(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}

/** Seconds that a plain client needs to apply all objects of a workload, 32 in flight. */
export async function applyAll(
  apis: readonly Api[],
  workload: Workload,
  count: number,
  round: number,
  only?: number,
): Promise<number> {
  const started = performance.now()
  const indexes = only === undefined ? Array.from({ length: count }, (_, index) => index) : [only]
  const objects = indexes.flatMap((index) => workload.objects(index, round).map((object) => ({ index, object })))
  await inFlight(objects, 32, ({ index, object }) => apiOf(apis, index).apply(pathOf(object), object))
  return (performance.now() - started) / 1000
}

/** Which cluster an application is for. */
export function apiOf(apis: readonly Api[], index: number): Api {
  const api = apis[index % apis.length]
  if (!api) throw new Error('no cluster')
  return api
}

/** What somebody does by hand: half of the applications lose their first object, the other half has its last one changed. */
export async function drift(apis: readonly Api[], workload: Workload, count: number): Promise<number> {
  const touched = Array.from({ length: count }, (_, index) => index)
  await inFlight(touched, 32, async (index) => {
    const objects = workload.objects(index, 0)
    const [object] = index % 2 === 0 ? objects : objects.slice(-2)
    if (!object) return
    const api = apiOf(apis, index)
    if (index % 2 === 0) return api.request('DELETE', pathOf(object))
    const patch = workload.name === 'W1' ? { data: { text: 'by hand' } } : { spec: { selector: { app: 'by-hand' } } }
    return api.request('PATCH', pathOf(object), patch, 'application/merge-patch+json')
  })
  return touched.length
}
