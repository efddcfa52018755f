import { expect, test, vi } from 'vitest'
import type { Cluster } from './client.ts'
import { watchKind } from './watch.ts'

const kind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true, verbs: ['list', 'watch'] }

/** A clock that moves when told. */
function manualClock() {
  const waiting = new Set<{ at: number; callback: () => void }>()
  let now = 0
  return {
    now: () => now,
    after(ms: number, callback: () => void) {
      const entry = { at: now + ms, callback }
      waiting.add(entry)
      return () => void waiting.delete(entry)
    },
    pass(ms: number) {
      now += ms
      for (const entry of [...waiting].toSorted((a, b) => a.at - b.at)) {
        if (entry.at > now || !waiting.delete(entry)) continue
        entry.callback()
      }
    },
  }
}

/** A server whose watches are ended by hand. */
function quietServer() {
  const seen = { lists: 0, watches: 0 }
  let end: (error: Error) => void = () => undefined
  const cluster = {
    list: async () => String(++seen.lists),
    // oxlint-disable-next-line require-yield
    async *stream(_path: string, _query: unknown, signal: AbortSignal) {
      await new Promise((_, reject) => {
        end = reject
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        seen.watches++
      })
    },
  } as unknown as Cluster
  return { cluster, seen, cut: () => end(new Error('cut')) }
}

const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length), uuid: () => '' }

function sinkOf(troubles: (string | undefined)[]) {
  return {
    changed: () => undefined,
    removed: () => undefined,
    listed: () => true,
    trouble: (reason: string | undefined) => void troubles.push(reason),
  }
}

test('F-31: a watch that says nothing and never ends is given up, and the kind is listed again', async () => {
  const clock = manualClock()
  const { cluster, seen } = quietServer()
  const troubles: (string | undefined)[] = []
  const stop = watchKind({ cluster, kind, clock, random }, sinkOf(troubles))
  await vi.waitFor(() => expect(seen.watches).toBe(1))
  clock.pass(500_000)
  await vi.waitFor(() => expect(troubles.at(-1)).toMatch(/did not end in time/))
  clock.pass(2_000)
  await vi.waitFor(() => expect(seen.lists).toBe(2))
  stop()
})

test('F-31: the pauses grow only while watches fail at once, not from cut to cut of quiet ones', async () => {
  const clock = manualClock()
  const { cluster, seen, cut } = quietServer()
  const stop = watchKind({ cluster, kind, clock, random }, sinkOf([]))
  for (let count = 1; count <= 5; count++) {
    await vi.waitFor(() => expect(seen.watches).toBe(count))
    clock.pass(60_000)
    cut()
    await vi.waitFor(() => {
      clock.pass(250)
      expect(seen.watches).toBe(count + 1)
    })
  }
  expect(clock.now()).toBeLessThan(5 * 63_000)
  stop()
})

test('an event that repeats a known answer word for word is not read again; the watch goes on from it', async () => {
  const clock = manualClock()
  const asked: unknown[] = []
  const known = '{"metadata":{"name":"a","resourceVersion":"7"},"kind":"Pod","apiVersion":"v1"}'
  const cluster = {
    list: async () => '1',
    async *stream(_path: string, query: { resourceVersion: string }, signal: AbortSignal) {
      asked.push(query.resourceVersion)
      if (asked.length === 1) {
        yield `{"type":"MODIFIED","object":${known.replace('7', '6')}}`
        yield `{"type":"MODIFIED","object":${known}}`
      } else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  } as unknown as Cluster
  const seen: unknown[] = []
  const sink = {
    ...sinkOf([]),
    changed: ({ metadata }: { metadata: { resourceVersion?: string } }, text?: string) =>
      seen.push([metadata.resourceVersion, text]),
    answered: (text: string) => (text === known ? '7' : undefined),
  }
  const stop = watchKind({ cluster, kind, clock, random }, sink)
  await vi.waitFor(() => {
    clock.pass(1_000)
    expect(asked).toEqual(['1', '7'])
  })
  expect(seen).toEqual([['6', known.replace('7', '6')]])
  stop()
})

test('F-31: where no watch can be opened the kind is in trouble all the time, though lists work; they are made now and then', async () => {
  const clock = manualClock()
  let lists = 0
  let refused = true
  const cluster = {
    list: async () => String(++lists),
    // oxlint-disable-next-line require-yield
    async *stream(_path: string, _query: unknown, signal: AbortSignal, opened: () => void) {
      if (refused) throw new Error('no watch today')
      opened()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  } as unknown as Cluster
  const troubles: (string | undefined)[] = []
  const stop = watchKind({ cluster, kind, clock, random }, sinkOf(troubles))
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.pass(60_000)
    }
  }
  await turns(8)
  expect(troubles.slice(1)).toEqual(troubles.slice(1).map(() => 'no watch today'))
  expect(lists).toBeGreaterThan(2)
  refused = false
  await turns(2)
  expect(troubles.at(-1)).toBeUndefined()
  stop()
})

test('F-32: a server whose past is another one (its database was restored) is believed from then on', async () => {
  const clock = manualClock()
  const lists = ['10', '6', '6', '7']
  let bookmark: string | undefined = '12'
  const cluster = {
    list: async () => lists.shift() ?? '7',
    async *stream(_path: string, _query: unknown, signal: AbortSignal) {
      if (bookmark !== undefined) {
        yield `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"${bookmark}"}}}`
        bookmark = '5'
        yield `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"${bookmark}"}}}`
      }
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  } as unknown as Cluster
  const troubles: (string | undefined)[] = []
  let rewound = 0
  const sink = { ...sinkOf(troubles), rewound: () => void rewound++ }
  const stop = watchKind({ cluster, kind, clock, random }, sink)
  await vi.waitFor(() => expect(troubles.at(-1)).toMatch(/knows of less than before/))
  bookmark = undefined
  await vi.waitFor(() => {
    clock.pass(1_000)
    expect(lists).toEqual(['7'])
  })
  expect(rewound).toBe(1)
  stop()
})
