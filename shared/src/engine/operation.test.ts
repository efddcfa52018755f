import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthStatusCode, SyncOperation } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString } from '../k8s/ref.ts'
import { compare } from './compare.ts'
import { kinds, runSync, settings, type World } from './testing/operation-world.ts'
import { readTranscript, type TranscriptStep } from './transcript.ts'

const file = path.join(import.meta.dirname, 'testdata/operation.txt')
const steps = readTranscript(readFileSync(file, 'utf8'))

test.each(steps.map((one) => [`operation.txt:${one.line}`, one] as const))('%s', (_, one) => {
  expect(told(one)).toBe(one.expected)
})

/** Plays one sync of the file: what is looked at, said and done, and the rows at the end. */
function told({ args, input }: TranscriptStep): string {
  const world: World = { live: new Map(), health: new Map(), refused: new Map(), writes: [] }
  const manifests: KubeObject[] = []
  const sync: SyncOperation = { syncOptions: args.filter((word) => word.includes('=')) }
  if (args.includes('prune')) sync.prune = true
  if (args.includes('dry-run')) sync.dryRun = true
  for (const line of input.split('\n').filter((each) => each.trim() !== '')) {
    const [name = '', ...words] = line.trim().split(/\s+/)
    const object = objectOf(name, words)
    if (!words.includes('extra')) manifests.push(object)
    if (words.includes('extra') || words.includes('live')) world.live.set(keyString(keyOf(object)), object)
    const health = valueOf(words, 'health')
    if (health) world.health.set(name, health.split(',') as (HealthStatusCode | 'Gone')[])
    const refused = valueOf(words, 'refused')
    if (refused) world.refused.set(name, refused)
  }
  const terminate = valueOf(args, 'terminate')
  const state = runSync(world, {
    manifests,
    sync,
    terminateAfter: terminate === undefined ? undefined : Number(terminate),
    confirmed: args.includes('confirmed'),
  })
  const rows = (state.syncResult?.resources ?? []).map(
    ({ kind, name, syncPhase, status, hookPhase, message }) =>
      `${syncPhase ?? ''} ${kind}/${name} ${status ?? '-'} ${hookPhase ?? '-'}: ${message ?? ''}`,
  )
  return [...world.writes, '=', ...rows, `= ${state.phase}: ${state.message ?? ''}`].join('\n')
}

function objectOf(name: string, words: readonly string[]): KubeObject {
  const [kind = '', own = ''] = name.split('/')
  const group = kind === 'Deployment' ? 'apps/v1' : kind === 'Job' ? 'batch/v1' : 'v1'
  const keys = { wave: 'sync-wave', hook: 'hook', policy: 'hook-delete-policy', options: 'sync-options' } as const
  const annotations: Record<string, string> = {}
  for (const [word, key] of Object.entries(keys)) {
    const value = valueOf(words, word)
    if (value !== undefined) annotations[`argocd.argoproj.io/${key}`] = value
  }
  const tracked = words.includes('extra') || words.includes('live')
  if (tracked) {
    const groupName = group.includes('/') ? group.split('/')[0] : ''
    annotations['argocd.argoproj.io/tracking-id'] = `app:${groupName ?? ''}/${kind}:ns/${own}`
  }
  return { apiVersion: group, kind, metadata: { name: own, namespace: 'ns', annotations } }
}

function valueOf(words: readonly string[], name: string): string | undefined {
  return words
    .find((word) => word.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .replaceAll('_', ' ')
}

const objects = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('ConfigMap', 'Deployment', 'Pod'),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    wave: fc.integer({ min: -2, max: 2 }),
  }),
  { selector: ({ kind, name }) => `${kind}/${name}`, maxLength: 8 },
)

test('a sync with prune makes the cluster what Git says, from whatever was there, and a second one has nothing to do', () => {
  fc.assert(
    fc.property(objects, objects, (before, after) => {
      const world: World = { live: new Map(), health: new Map(), refused: new Map(), writes: [] }
      const manifestsOf = (list: typeof before) =>
        list.map(({ kind, name, wave }) => objectOf(`${kind}/${name}`, [`wave:${wave}`]))
      runSync(world, { manifests: manifestsOf(before), sync: {} })
      const state = runSync(world, { manifests: manifestsOf(after), sync: { prune: true } })
      expect(state.phase).toBe('Succeeded')
      const wanted = manifestsOf(after).map((object) => keyString(keyOf(object)))
      expect([...world.live.keys()].toSorted()).toEqual(wanted.toSorted())
      const { sync } = compare({ settings, kinds, manifests: manifestsOf(after), live: [...world.live.values()] })
      expect(sync).toBe('Synced')
    }),
    { numRuns: 60 },
  )
})

test('a dry run writes nothing', () => {
  fc.assert(
    fc.property(objects, objects, fc.boolean(), (before, after, prune) => {
      const world: World = { live: new Map(), health: new Map(), refused: new Map(), writes: [] }
      const live = before.map(({ kind, name }) => objectOf(`${kind}/${name}`, ['live']))
      for (const object of live) world.live.set(keyString(keyOf(object)), object)
      const manifests = after.map(({ kind, name, wave }) => objectOf(`${kind}/${name}`, [`wave:${wave}`]))
      const state = runSync(world, { manifests, sync: { dryRun: true, prune } })
      expect(state.phase).toBe('Succeeded')
      expect(world.writes.filter((line) => line.startsWith('  '))).toEqual([])
    }),
    { numRuns: 60 },
  )
})
