import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { Api, inFlight } from './api.ts'
import { Program } from './processes.ts'
import type { Row } from './table.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'

function configMap(name: string, size: number): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(size) } }
}

const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Measures an embedded cluster from another process, 32 requests in flight, against the bars. */
export async function benchKube(root: string, objects: number): Promise<Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'flotilla-bench-kube-'))
  const kubeconfig = path.join(directory, 'kubeconfig')
  const command = [path.join(root, 'test/kube/dist/main.js'), '--kubeconfig', kubeconfig]
  const starts: number[] = []
  for (let times = 0; times < 3; times++) {
    const started = performance.now()
    const { program } = await Program.start(command, /kube ready/)
    starts.push(performance.now() - started)
    await program.stop()
  }
  const { program } = await Program.start(command, /kube ready/)
  const api = new Api(kubeconfig)
  try {
    const rate = async (
      count: number,
      one: (index: number) => Promise<unknown>,
    ): Promise<{ perWall: number; perCpu: number }> => {
      program.mark()
      const indexes = Array.from({ length: count }, (_, index) => index)
      const took = await milliseconds(() => inFlight(indexes, 32, one))
      return { perWall: count / (took / 1000), perCpu: count / program.usage().cpuSeconds }
    }
    const apply = (index: number): Promise<string> => api.apply(`${configMaps}/a${index}`, configMap(`a${index}`, 2000))
    const create = (index: number): Promise<string> => api.request('POST', configMaps, configMap(`o${index}`, 1000))
    await rate(1000, apply)
    const applies = await rate(4000, apply)
    const gets = await rate(6000, (index) => api.request('GET', `${configMaps}/a${index % 1000}`))
    await rate(6000, create)
    const list = await milliseconds(() => api.request('GET', configMaps))
    const watched = await eventToWatchers(api, 100)
    await rate(objects - 10_000, (index) => create(index + 6000))
    const { peakMiB } = program.usage()
    return [
      { what: 'start to ready', got: Math.min(...starts), bar: 300, unit: 'ms', more: false },
      { what: 'server-side applies of 2 KB', got: applies.perWall, bar: 1500, unit: '/s', more: true },
      { what: '  for each second of CPU', got: applies.perCpu, bar: 1500, unit: '/s', more: true },
      { what: 'gets', got: gets.perWall, bar: 3000, unit: '/s', more: true },
      { what: '  for each second of CPU', got: gets.perCpu, bar: 3000, unit: '/s', more: true },
      { what: 'list of 10,000', got: list, bar: 300, unit: 'ms', more: false },
      { what: 'a write seen by 100 watchers', got: watched, bar: 5, unit: 'ms', more: false },
      { what: `memory with ${objects} objects of 1 KB, peak`, got: peakMiB, bar: 400, unit: 'MiB', more: false },
    ]
  } finally {
    api.close()
    await program.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Milliseconds from the answer to a write until the last of so many watchers has seen it; the best of many writes. */
async function eventToWatchers(api: Api, count: number): Promise<number> {
  let seen = 0
  let all: () => void = () => undefined
  const path = `${configMaps.replace('default', 'kube-public')}`
  const stops: (() => void)[] = []
  for (let index = 0; index < count; index++)
    stops.push(
      await api.watch(path, () => {
        seen++
        if (seen === count) all()
      }),
    )
  // What was there already comes first.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const times: number[] = []
  for (let round = 0; round < 30; round++) {
    seen = 0
    const done = new Promise<void>((resolve) => (all = resolve))
    const started = performance.now()
    const alone = await milliseconds(() =>
      api.apply(`${path}/w`, { ...configMap('w', 1000), data: { text: String(round) } }),
    )
    await done
    times.push(Math.max(0, performance.now() - started - alone))
  }
  for (const stop of stops) stop()
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
