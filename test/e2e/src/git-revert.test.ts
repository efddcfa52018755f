import { createRepositories } from '@flotilla/hub/git/repositories'
import { realClock } from '@flotilla/shared/runtime/clock'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

const run = promisify(execFile)
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

test('a commit of a merge is gone back to as any other', async () => {
  const url = await server.create('merged', { 'deploy/a.yaml': 'one' })
  const base = await server.commit('merged', { 'deploy/b.yaml': 'b' })
  const git = async (...args: string[]) => (await run('git', ['-C', server.path('merged'), ...args])).stdout.trim()
  const env = ['-c', 'user.name=x', '-c', 'user.email=x@example.com']
  const side = await git(...env, 'commit-tree', `${base}^{tree}`, '-p', base, '-m', 'side')
  const merge = await git(...env, 'commit-tree', `${base}^{tree}`, '-p', base, '-p', side, '-m', 'merge')
  await git('update-ref', 'refs/heads/main', merge)
  const later = await git(...env, 'commit-tree', `${base}~1^{tree}`, '-p', merge, '-m', 'later')
  await git('update-ref', 'refs/heads/main', later)
  const hub = createRepositories({ dir: join(root, 'mirror-merged'), clock: realClock, pollMs: 0 })
  const commit = await hub.revert(url, { branch: 'main', path: 'deploy', commit: merge, message: 'Revert', author })
  expect(await git('rev-parse', `${commit}^`)).toBe(later)
  expect(await git('ls-tree', '--name-only', `${commit}:deploy`)).toBe('a.yaml\nb.yaml')
  await hub.close()
})

test('a server that takes no pushes, or protects the branch, is quoted, and nothing is left behind', async () => {
  const url = await server.create('closed', { 'deploy/a.yaml': 'one' })
  const hub = createRepositories({ dir: join(root, 'mirror-closed'), clock: realClock, pollMs: 0 })
  const first = await hub.resolve(url, 'main')
  const second = await server.commit('closed', { 'deploy/a.yaml': 'two' })
  const revert = { branch: 'main', path: 'deploy', commit: first, message: 'Revert', author }
  const hook = join(server.path('closed'), 'hooks/update')
  await writeFile(hook, '#!/bin/sh\necho "main is protected: open a pull request" >&2\nexit 1\n', { mode: 0o755 })
  await expect(hub.revert(url, revert)).rejects.toThrow(/^the push to main (was refused|failed): .*(hook|protected)/s)
  await rm(hook)
  await run('git', ['-C', server.path('closed'), 'config', 'http.receivepack', 'false'])
  await expect(hub.revert(url, revert)).rejects.toThrow(/^the push to main failed: .*40[13]/)
  expect(await hub.resolve(url, 'main')).toBe(second)
  await hub.close()
})

test('a folder that was not there then cannot come back', async () => {
  const url = await server.create('young', { 'other.txt': 'x' })
  const hub = createRepositories({ dir: join(root, 'mirror-young'), clock: realClock, pollMs: 0 })
  const first = await hub.resolve(url, 'main')
  await server.commit('young', { 'deploy/a.yaml': 'one' })
  const revert = { branch: 'main', path: 'deploy', commit: first, message: 'Revert', author }
  await expect(hub.revert(url, revert)).rejects.toThrow(`deploy was not there in ${first}`)
  await expect(hub.revert(url, { ...revert, path: '../x' })).rejects.toThrow('path outside root')
  await hub.close()
})
