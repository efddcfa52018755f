import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '@flotilla/hub/store/open'
import { configMap, eventually, FleetWorld } from './fleet-world.ts'

/** Tools that die, and backups that are made in the middle of things. */
let fleet: FleetWorld
let path: string | undefined

beforeAll(async () => {
  fleet = await FleetWorld.open()
  path = process.env['PATH']
})
afterAll(async () => {
  process.env['PATH'] = path
  await fleet[Symbol.asyncDispose]()
})

/** A `kustomize` in front of the real one. */
async function insteadOfKustomize(script: string): Promise<string> {
  const folder = join(fleet.dir, 'tools')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'kustomize')
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`
  return file
}

const kustomization = (...files: string[]): string => JSON.stringify({ resources: files })
const hungry = 'const a = []; for (;;) a.push(new Array(1e5).fill(0).map(String))'

test.each([
  ['killed', 'kill -9 $$'],
  ['hungry', `exec ${process.execPath} --max-old-space-size=16 -e '${hungry}'`],
  ['cut', String.raw`printf 'apiVersion: v1\nkind: ConfigMap\nmeta'; exit 137`],
])(
  'F-04, INV-01: a renderer that dies (%s) prunes nothing, and is tried again',
  async (name, script) => {
    await fleet.app(name, {
      'kustomization.yaml': kustomization('a.yaml', 'b.yaml'),
      'a.yaml': configMap('a', { v: '1' }),
      'b.yaml': configMap('b'),
    })
    await fleet.settled(name)
    const mark = fleet.mark()
    const file = await insteadOfKustomize(script)
    const commit = await fleet.world.git.commit(name, {
      'kustomization.yaml': kustomization('a.yaml'),
      'a.yaml': configMap('a', { v: '2' }),
      'b.yaml': null,
    })
    const failed = await fleet.until(name, ({ status }) =>
      (status?.conditions ?? []).some(({ type }) => type === 'ComparisonError'),
    )
    expect(failed.status?.sync?.status).toBe('Unknown')
    expect(fleet.writes('c1', mark)).toEqual([])
    expect(await fleet.live('ConfigMap', name, 'b')).toBeDefined()
    await rm(file)
    await fleet.patch(name, { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
    await fleet.settled(name, commit)
    expect(await fleet.live('ConfigMap', name, 'b')).toBeUndefined()
  },
  60_000,
)

test('F-23: a backup that is taken in the middle of an operation opens clean, and what it lacks is made up for', async () => {
  const data = join(fleet.dir, 'hub')
  const backup = join(fleet.dir, 'backup')
  await fleet.app('copied', { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b') })
  await fleet.settled('copied')
  const commit = await fleet.world.git.commit('copied', {
    'a.yaml': configMap('a', { v: '2' }),
    'b.yaml': null,
    'c.yaml': configMap('c'),
  })
  await fleet.until('copied', ({ operation, status }) =>
    [operation?.sync?.revision, status?.operationState?.operation.sync?.revision].includes(commit),
  )
  // As a snapshot of the disk has it: the database and what is not in it yet, at any moment.
  await cp(join(data, 'store'), backup, { recursive: true })
  await fleet.settled('copied', commit)
  await (await openStore(backup)).close()

  const mark = fleet.mark()
  await fleet.world.stopHub()
  await rm(join(data, 'store'), { recursive: true })
  await cp(backup, join(data, 'store'), { recursive: true })
  await fleet.world.startHub()
  await eventually(
    () => fleet.world.hub.fleet.connected('c1'),
    () => 'not connected',
  )
  await fleet.patch('copied', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  const app = await fleet.settled('copied', commit)
  expect(app.operation).toBeUndefined()
  expect(await fleet.live('ConfigMap', 'copied', 'c')).toBeDefined()
  expect(await fleet.live('ConfigMap', 'copied', 'b')).toBeUndefined()
  // Nothing that stood there after the operation was taken away or turned back.
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
}, 60_000)
