import { expect, it } from 'vitest'
import type { Assignment } from '@flotilla/shared/protocol/desired'
import type { Down } from '@flotilla/shared/protocol/down'
import type { DesiredSource } from './ports.ts'
import { BlobCache, Feed } from './feed.ts'

const assignment = (bundle: string): Assignment => ({
  application: 'argocd/a',
  incarnation: 'u',
  generation: 1,
  bundle,
})

function world() {
  let current: Assignment | undefined = assignment('sha256:one')
  const sent: Down[] = []
  const foreign: string[] = []
  let changed: (application: string) => void = () => undefined
  const source = {
    assignments: () => (current ? [current] : []),
    assignment: () => current,
    isAssigned: (_cluster: string, bundle: string) => current?.bundle === bundle,
    watch: (_cluster: string, callback: typeof changed) => ((changed = callback), () => undefined),
    blob: () => Promise.resolve(undefined),
    behind: () => undefined,
  } satisfies DesiredSource
  const feed = new Feed({
    cluster: 'c1',
    source,
    blobs: new BlobCache(source),
    send: (message) => sent.push(message),
    room: () => Promise.resolve(),
    soon: (callback) => callback(),
    foreign: (digest) => foreign.push(digest),
    removed: () => undefined,
  })
  feed.catchUp(new Map())
  const become = (next: Assignment | undefined): void => {
    current = next
    changed('argocd/a')
  }
  return { feed, foreign, become }
}

it('T-06: tells an agent that asks for what it was never told of', async () => {
  const { feed, foreign } = world()
  await feed.fetch([{ bundle: 'sha256:other' }])
  expect(foreign).toEqual(['sha256:other'])
})

it('takes no agent for a thief that asks for what has just been replaced', async () => {
  const { feed, foreign, become } = world()
  become(assignment('sha256:two'))
  await feed.fetch([{ bundle: 'sha256:one', digests: ['sha256:manifest'] }])
  become(undefined)
  await feed.fetch([{ bundle: 'sha256:two' }])
  expect(foreign).toEqual([])
  expect([feed.knew('argocd/a'), feed.knew('argocd/b')]).toEqual([true, false])
})
