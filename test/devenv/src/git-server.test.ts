import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGitServer, type GitServer } from './git-server.ts'

let root: string
let server: GitServer
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'git-server-'))
  server = await startGitServer({ root, credentials: { username: 'reader', password: 'letmein' } })
})
afterAll(async () => {
  await server.close()
  rmSync(root, { recursive: true })
})

const git = (...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    import('node:child_process')
      .then(({ execFile }) =>
        execFile(
          'git',
          args,
          { cwd: root, env: { PATH: process.env['PATH'] ?? '', GIT_TERMINAL_PROMPT: '0', HOME: root } },
          (error, stdout) => (error ? reject(error) : resolve(stdout)),
        ),
      )
      .catch(reject)
  })

test('a commit can be cloned, over the real protocol', async () => {
  const url = await server.create('sample', { 'a.txt': 'one\n' })
  const second = await server.commit('sample', { 'a.txt': 'two\n', 'deep/b.txt': 'b\n' })
  await git('clone', '-q', url, 'clone')
  expect(readFileSync(join(root, 'clone/a.txt'), 'utf8')).toBe('two\n')
  expect(execFileSync('git', ['rev-parse', 'HEAD'], { cwd: join(root, 'clone'), encoding: 'utf8' }).trim()).toBe(second)
})

test('private repositories want credentials', async () => {
  const url = await server.create('private-one', { 'a.txt': 'secret\n' })
  await expect(git('ls-remote', url)).rejects.toThrow()
  expect(await git('ls-remote', url.replace('http://', 'http://reader:letmein@'))).toContain('refs/heads/main')
})

test('a server that is down says so', async () => {
  server.down = true
  await expect(git('ls-remote', `${server.url}/sample.git`)).rejects.toThrow()
  server.down = false
})
