import { createRepositories } from '@flotilla/hub/git/repositories'
import { realClock } from '@flotilla/shared/runtime/clock'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let root: string
let server: GitServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'flotilla-revert-'))
  server = await startGitServer({ root: join(root, 'served') })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true, force: true })
})

const author = { name: 'admin', email: 'admin@example.com', timestamp: 1_700_000_000 }

test('a folder is made what it was by a commit on top, and nothing else changes', async () => {
  const url = await server.create('app', { 'deploy/a.yaml': 'one', 'deploy/b.yaml': 'b', 'other.txt': 'old' })
  const hub = createRepositories({ dir: join(root, 'mirror'), clock: realClock, pollMs: 0 })
  const first = await hub.resolve(url, 'main')
  await server.commit('app', { 'deploy/a.yaml': 'two', 'deploy/b.yaml': null, 'other.txt': 'new' })
  await server.commit('app', { 'deploy/c.yaml': 'three' })
  const revert = { branch: 'main', path: 'deploy', commit: first, message: 'Revert deploy', author }
  const commit = await hub.revert(url, revert)
  expect(await hub.resolve(url, 'main')).toBe(commit)
  const { files } = await hub.readTree(url, commit, '')
  expect(Object.fromEntries(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))).toEqual({
    'deploy/a.yaml': 'one',
    'deploy/b.yaml': 'b',
    'other.txt': 'new',
  })
  expect(await hub.commitInfo(url, commit)).toMatchObject({
    author: 'admin <admin@example.com>',
    message: 'Revert deploy',
  })
  await expect(hub.revert(url, revert)).rejects.toThrow('nothing to revert')
  await expect(hub.revert(url, { ...revert, branch: 'v1' })).rejects.toThrow('v1 is no branch')
  await hub.close()
})
