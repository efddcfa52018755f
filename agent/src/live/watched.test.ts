import { expect, test } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import type { Cluster } from '../cluster/client.ts'
import { createLiveStore } from './store.ts'
import { startWatched } from './watched.ts'

const kind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true, verbs: ['list', 'watch'] }
const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length), uuid: () => '' }

test('D7: a kind that is listed again soon after its API server is back was never lost for itself', async () => {
  const clock = virtualClock()
  let answers = true
  let lists = 0
  const cluster = {
    list: () => (answers ? Promise.resolve(String(++lists)) : Promise.reject(new Error('away'))),
    // oxlint-disable-next-line require-yield
    async *stream(_path: string, _query: unknown, signal: AbortSignal, opened: () => void) {
      if (!answers) throw new Error('away')
      opened()
      await new Promise((_, reject) => {
        cut = reject
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    },
  } as unknown as Cluster
  let cut: (error: Error) => void = () => undefined
  const store = createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: '' }),
    summaryOf: () => ({ images: [], urls: [] }),
    changed: () => undefined,
  })
  const lost: boolean[] = []
  let recover = (): void => undefined
  const watched = startWatched(kind, undefined, {
    cluster,
    store,
    clock,
    random,
    answers: () => answers,
    recovered: (callback) => {
      recover = callback
      return () => undefined
    },
    told: ({ unseen }) => void lost.push(unseen),
  })
  await clock.settle()
  answers = false
  cut(new Error('cut'))
  await clock.advance(60_000)
  expect(watched.trouble).toBe('away')
  answers = true
  // A look at the grace comes before the word of the recovery.
  await clock.advance(4_999)
  recover()
  await clock.advance(10_000)
  expect(watched.trouble).toBeUndefined()
  expect(lost).not.toContain(true)
  watched.stop()
})
