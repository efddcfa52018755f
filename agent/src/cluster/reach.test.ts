import { expect, test } from 'vitest'
import type { ApiAnswer, Cluster } from './client.ts'
import { ApiError } from './errors.ts'
import { createReach, observed, type Trouble } from './reach.ts'

/** Time that moves by hand, and a cluster that answers as told. */
function world() {
  let now = 1_000_000
  let timers: { at: number; run: () => void }[] = []
  const clock = {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => void (timers = timers.filter((each) => each !== timer))
    },
  }
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const pass = async (ms: number) => {
    const end = now + ms
    for (;;) {
      await settle()
      const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
      if (!next) break
      now = Math.max(now, next.at)
      timers = timers.filter((each) => each !== next)
      next.run()
    }
    now = end
  }
  let answer: () => Promise<ApiAnswer> = async () => ({ code: 200, text: '{}', warnings: [] })
  const asked: string[] = []
  const cluster = {
    request: ({ path }: { path: string }) => {
      asked.push(path)
      return answer()
    },
    async *stream() {
      yield 'line'
    },
  } as unknown as Cluster
  const reach = createReach({ cluster, clock })
  const told: (Trouble | undefined)[] = []
  reach.onChange((trouble) => told.push(trouble))
  return {
    reach,
    cluster: observed(cluster, reach),
    asked,
    told,
    pass,
    now: () => now,
    answers: (next: () => Promise<ApiAnswer>) => void (answer = next),
  }
}
const refused = (): Promise<ApiAnswer> => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6443'))
const fine = async (): Promise<ApiAnswer> => ({ code: 200, text: '{}', warnings: [] })

test('nothing is asked while the cluster is heard, and once after a long silence', async () => {
  const { asked, told, pass, reach } = world()
  for (let minute = 0; minute < 5; minute++) {
    await pass(60_000)
    reach.heard()
  }
  expect(asked).toEqual([])
  await pass(80_000)
  expect(asked).toEqual(['/api/v1/namespaces'])
  expect(told).toEqual([])
})

test('F-30: one failure is no trouble, two in a row are, since the first; an answer ends it', async () => {
  const { cluster, told, pass, answers, now } = world()
  answers(refused)
  await cluster.request({ method: 'GET', path: '/x' }).catch(() => undefined)
  await pass(1_000)
  expect(told).toEqual([])
  const since = now() - 1_000
  await pass(1_000)
  expect(told).toEqual([{ since, message: 'connect ECONNREFUSED 127.0.0.1:6443' }])
  await pass(60_000)
  answers(fine)
  await pass(10_000)
  expect(told).toEqual([expect.anything(), undefined])
})

test('F-33: an aggregated API that is down is not the cluster, and neither is a refusal', async () => {
  const { cluster, told, pass, answers } = world()
  answers(() => Promise.reject(new ApiError(503, 'ServiceUnavailable', 'no endpoints')))
  await cluster.request({ method: 'GET', path: '/apis/metrics.k8s.io' }).catch(() => undefined)
  answers(() => Promise.reject(new ApiError(403, 'Forbidden', 'forbidden')))
  await pass(120_000)
  expect(told).toEqual([])
})

test('an API server that accepts connections and says nothing is found out after a silence', async () => {
  const { told, pass, answers } = world()
  answers(() => new Promise(() => undefined))
  await pass(75_000 + 8_000 + 1_500 + 8_000 + 1)
  expect(told.map((trouble) => trouble?.message)).toEqual(['the API server does not answer'])
})

test('trouble that changes its words all the time is not told all the time', async () => {
  const { cluster, told, pass, answers } = world()
  let count = 0
  answers(() => Promise.reject(new Error(`failure ${++count}`)))
  await cluster.request({ method: 'GET', path: '/x' }).catch(() => undefined)
  await pass(170_000)
  expect(told.length).toBe(3)
  expect(new Set(told.map((trouble) => trouble?.since)).size).toBe(1)
})

test('a credential that is not accepted is told as that', async () => {
  const { cluster, told, pass, answers } = world()
  answers(() => Promise.reject(new ApiError(401, 'Unauthorized', 'Unauthorized')))
  await cluster.request({ method: 'GET', path: '/x' }).catch(() => undefined)
  await pass(5_000)
  expect(told[0]?.message).toBe("the API server does not accept the agent's credential: Unauthorized")
})
