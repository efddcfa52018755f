import { expect, test } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import type { Cluster } from '../cluster/client.ts'
import { createLiveStore } from './store.ts'
import { startWatched } from './watched.ts'

const kind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true, verbs: ['list', 'watch'] }
const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length), uuid: () => '' }

/** Watches one kind of a server that is away when told. */
function world() {
  const clock = virtualClock()
  let cut: (error: Error) => void = () => undefined
  let lists = 0
  const server = { answers: true, hangs: false, asked: 0, cut: () => cut(new Error('cut')) }
  const untilCut = (): Promise<never> => new Promise((_, reject) => (cut = reject))
  const cluster = {
    async list() {
      server.asked++
      if (server.hangs) await untilCut()
      if (!server.answers) throw new Error('away')
      return String(++lists)
    },
    // oxlint-disable-next-line require-yield
    async *stream(_path: string, _query: unknown, signal: AbortSignal, opened: () => void) {
      if (!server.answers) throw new Error('away')
      opened()
      signal.addEventListener('abort', () => cut(signal.reason as Error))
      await untilCut()
    },
  } as unknown as Cluster
  const store = createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: '' }),
    summaryOf: () => ({ images: [], urls: [] }),
    changed: () => undefined,
  })
  const listeners = new Set<() => void>()
  const lost: boolean[] = []
  const watched = startWatched(kind, undefined, {
    cluster,
    store,
    clock,
    random,
    answers: () => server.answers,
    recovered: (callback) => {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
    told: ({ unseen }) => void lost.push(unseen),
  })
  const recover = (): void => {
    for (const listener of listeners) listener()
  }
  return { clock, server, watched, lost, recover }
}

test('D7: a kind that is listed again soon after its API server is back was never lost for itself', async () => {
  const { clock, server, watched, lost, recover } = world()
  await clock.settle()
  server.answers = false
  server.cut()
  await clock.advance(60_000)
  expect(watched.trouble).toBe('away')
  server.answers = true
  // A look at the grace comes before the word of the recovery.
  await clock.advance(4_999)
  recover()
  await clock.advance(10_000)
  expect(watched.trouble).toBeUndefined()
  expect(lost).not.toContain(true)
  watched.stop()
})

test('D7: a kind that was being asked for when its API server came back is asked for anew at once, however long that was away', async () => {
  const { clock, server, watched, lost, recover } = world()
  await clock.settle()
  server.answers = false
  server.cut()
  await clock.advance(120_000)
  server.hangs = true
  const before = server.asked
  while (server.asked === before) await clock.advance(1_000)
  Object.assign(server, { answers: true, hangs: false })
  recover()
  // What was asked before fails for what was then.
  server.cut()
  await clock.advance(4_000)
  expect(watched.trouble).toBeUndefined()
  await clock.advance(60_000)
  expect(lost).not.toContain(true)
  watched.stop()
})
