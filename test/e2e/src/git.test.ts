import { credentialsFor, type RepositoryCredentials } from '@flotilla/hub/git/credentials'
import { createRepositories } from '@flotilla/hub/git/repositories'
import type { Moved } from '@flotilla/hub/git/repository'
import { realClock } from '@flotilla/shared/runtime/clock'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'

const run = promisify(execFile)
const account = { username: 'reader', password: 'canary-password' }

let root: string
let server: GitServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'flotilla-git-'))
  server = await startGitServer({ root: join(root, 'served'), credentials: account })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true, force: true })
})

async function repositories(credentials?: (url: string) => RepositoryCredentials | undefined, pollMs = 0) {
  const dir = await mkdtemp(join(root, 'mirrors-'))
  const made = createRepositories({ dir, clock: realClock, pollMs, ...(credentials ? { credentials } : {}) })
  return { dir, ...made, [Symbol.asyncDispose]: () => made.close() }
}

const template = (url: string): RepositoryCredentials => ({
  url,
  type: 'git',
  insecure: false,
  enableOCI: false,
  ...account,
})
const textOf = (files: readonly { path: string; bytes: Uint8Array }[]) =>
  Object.fromEntries(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))
/** The packs of all mirrors in a folder, without their endings. */
async function packsIn(dir: string): Promise<{ path: string; size: number }[]> {
  const files = await readdir(dir, { recursive: true })
  const packs = files.filter((name) => name.endsWith('.pack')).map((name) => join(dir, name))
  return Promise.all(packs.map(async (path) => ({ path: path.slice(0, -5), size: (await stat(path)).size })))
}
const lsRefs = () => server.requests.filter((line) => line.includes('/info/refs')).length

describe('Git over HTTP', () => {
  it('resolves branches, HEAD, tags, annotated tags, ranges, whole and short ids', async () => {
    const url = await server.create('revisions', { 'a.yaml': 'one' })
    const git = async (...args: string[]) => (await run('git', ['-C', server.path('revisions'), ...args])).stdout.trim()
    const first = await git('rev-parse', 'main')
    await git('tag', 'v1.0.0', 'main')
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
    await git(...identity, 'tag', '-a', '-m', 'two', 'v1.1.0', 'main')
    const second = await server.commit('revisions', { 'a.yaml': 'two' })
    const third = await server.commit('revisions', { 'a.yaml': 'three' })
    await using hub = await repositories()
    const all = ['', 'HEAD', 'main', 'refs/heads/main', 'v1.0.0', 'v1.1.0', '1.*', first, second.slice(0, 8)]
    const found = await Promise.all(all.map((revision) => hub.resolve(url, revision)))
    expect(found).toEqual([third, third, third, third, first, first, first, first, second])
    await expect(hub.resolve(url, 'absent')).rejects.toThrow("unable to resolve 'absent' to a commit SHA")
    expect(textOf((await hub.readTree(url, second, '.')).files)).toEqual({ 'a.yaml': 'two' })
    await expect(hub.readTree(url, third, 'absent')).rejects.toThrow('app path does not exist')
  })

  it('asks once for many applications, and tells what moved', async () => {
    const url = await server.create('polled', { 'a.yaml': 'one' })
    await using hub = await repositories()
    const moved: Moved[] = []
    hub.onMoved((event) => moved.push(event))
    const before = lsRefs()
    await Promise.all(Array.from({ length: 20 }, () => hub.refresh(url)))
    const each = lsRefs() - before
    await Promise.all(Array.from({ length: 20 }, () => hub.resolve(url, 'main')))
    expect(lsRefs() - before).toBe(each)
    expect(each).toBe(1)
    expect(moved).toEqual([])
    await server.commit('polled', { 'a.yaml': 'two' })
    await hub.refresh(url)
    expect(moved).toEqual([{ url, names: ['HEAD', 'refs/heads/main'] }])
  })

  it('F-3B: who asks while an answer is on its way, which may be from before a push, gets the next one', async () => {
    await server.create('hasty', { 'a.yaml': 'one' })
    let release = (): void => undefined
    const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = await new Response(request as unknown as ReadableStream).arrayBuffer()
      const { method = 'GET', headers, url: path = '/' } = request
      const given = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !/^(host|connection|content-length)$/.test(name)),
      )
      const asked = { method, headers: given as Record<string, string>, ...(body.byteLength > 0 && { body }) }
      const answer = await fetch(`${new URL(server.url).origin}${path}`, asked)
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (method === 'POST') told++
      if (method === 'POST') await held
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(bytes)
    }
    const slow = createServer((request, response) => void pass(request, response))
    let held: Promise<void> | undefined
    let told = 0
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void slow.close())
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/hasty.git`
    await using hub = await repositories()
    await hub.refresh(url)
    const before = server.requests.length
    held = new Promise((resolve) => (release = resolve))
    const first = hub.refresh(url)
    await vi.waitFor(() => expect(told).toBe(2))
    const commit = await server.commit('hasty', { 'a.yaml': 'two' })
    const others = Array.from({ length: 20 }, () => hub.refresh(url))
    held = undefined
    release()
    await first
    for (const { refs } of await Promise.all(others)) expect(refs.get('refs/heads/main')).toBe(commit)
    expect(server.requests.slice(before).filter((line) => line.includes('/info/refs'))).toHaveLength(2)
  })

  it('fetches anew where its copy is damaged', async () => {
    const url = await server.create('damaged', { 'a.yaml': 'one' })
    await using hub = await repositories()
    const commit = await hub.resolve(url, 'main')
    await hub.readTree(url, commit, '.')
    for (const entry of await readdir(hub.dir, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.parentPath.includes('objects'))
        await writeFile(join(entry.parentPath, entry.name), 'rubbish').catch(() => undefined)
    await using other = createAgain(hub.dir)
    expect(textOf((await other.readTree(url, commit, '.')).files)).toEqual({ 'a.yaml': 'one' })
  })

  it('fetches of a next commit only what is new, also after a restart, and keeps few packs', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`file-${index}`, randomBytes(2000).toString('hex')]),
    )
    const url = await server.create('growing', many)
    await using hub = await repositories()
    await hub.readTree(url, await hub.resolve(url, 'main'), '.')
    const [first] = await packsIn(hub.dir)
    expect(first?.size).toBeGreaterThan(100_000)

    const second = await server.commit('growing', { 'file-7': 'seven' })
    expect(textOf((await hub.readTree(url, second, '.')).files)).toEqual({ ...many, 'file-7': 'seven' })
    const third = await server.commit('growing', { 'file-8': 'eight' })
    await using again = createAgain(hub.dir)
    const now = { ...many, 'file-7': 'seven', 'file-8': 'eight' }
    expect(textOf((await again.readTree(url, third, '.')).files)).toEqual(now)
    const sizes = (await packsIn(hub.dir)).map(({ size }) => size).toSorted((a, b) => b - a)
    expect(sizes).toHaveLength(3)
    expect(sizes[1]).toBeLessThan(5000)

    const [kept] = await packsIn(hub.dir)
    for (let copy = 0; copy < 40; copy++)
      for (const ending of ['pack', 'idx'])
        await copyFile(`${kept?.path}.${ending}`, `${kept?.path.slice(0, -4)}${1000 + copy}.${ending}`)
    const fourth = await server.commit('growing', { 'file-9': 'nine' })
    expect(textOf((await again.readTree(url, fourth, '.')).files)).toEqual({ ...now, 'file-9': 'nine' })
    expect(await packsIn(hub.dir)).toHaveLength(1)
  })

  it('F-17: tells a server that cannot send a commit from one that has no such commit', async () => {
    const url = await server.create('broken', { 'a.yaml': 'one' })
    await using hub = await repositories()
    const commit = await hub.resolve(url, 'main')
    const { stdout } = await run('git', ['-C', server.path('broken'), 'rev-parse', 'main:a.yaml'])
    const blob = stdout.trim()
    await rm(join(server.path('broken'), 'objects', blob.slice(0, 2), blob.slice(2)))
    await expect(hub.readTree(url, commit, '.')).rejects.toMatchObject({
      name: 'GitError',
      transient: true,
      message: expect.stringMatching(/does not send it/) as string,
    })
    const absent = 'f'.repeat(40)
    const other = await server.create('whole', { 'a.yaml': 'one' })
    await expect(hub.readTree(other, absent, '.')).rejects.toMatchObject({ transient: false })
  })

  it('F-34: says that a server is down, and works on once it is back', async () => {
    const url = await server.create('away', { 'a.yaml': 'one' })
    await using hub = await repositories()
    const commit = await hub.resolve(url, 'main')
    server.down = true
    try {
      // Who does not ask for news is served with what was seen; who does hears the error, and so does all the world then.
      expect(await hub.resolve(url, 'main')).toBe(commit)
      await expect(hub.refresh(url)).rejects.toMatchObject({ name: 'GitError', transient: true })
      await expect(hub.resolve(url, 'main')).rejects.toMatchObject({ name: 'GitError', transient: true })
    } finally {
      server.down = false
    }
    await hub.refresh(url)
    expect(textOf((await hub.readTree(url, commit, '.')).files)).toEqual({ 'a.yaml': 'one' })
  })

  it('T-24: credentials are for what lies below their URL, and only there', async () => {
    const url = await server.create('private-app', { 'a.yaml': 'secret' })
    const under = (prefix: string) =>
      repositories((wanted) => credentialsFor(wanted, { repositories: [], templates: [template(prefix)] }))
    await using right = await under(url.replace(/\.git$/, ''))
    await expect(right.test(url)).resolves.toBeUndefined()
    await using beside = await under(url.replace(/-app\.git$/, ''))
    await expect(beside.test(url)).rejects.toThrow('authentication required')
    await using none = await repositories()
    await expect(none.test(url)).rejects.not.toThrow(account.password)
  })

  it('T-24: follows no redirect to another host with credentials', async () => {
    const seen: (string | undefined)[] = []
    const thief = await listen((authorization) => void seen.push(authorization), undefined)
    const redirecting = await listen(() => undefined, thief.url)
    await using hub = await repositories((url) => template(url))
    await expect(hub.test(`${redirecting.url}/app.git`)).rejects.toThrow(/redirect .* refused/)
    expect(seen).toEqual([])
    await using plain = await repositories()
    await expect(plain.test(`${redirecting.url}/app.git`)).rejects.toThrow('repository not found')
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter((value) => value !== undefined)).toEqual([])
    for (const one of [thief, redirecting]) one.server.close()
  })

  it.each(['file:///etc', 'ext::sh -c id', '--upload-pack=id', '/etc', 'git://localhost/x'])(
    'T-15: refuses the address %s',
    async (url) => {
      await using hub = await repositories()
      await expect((async () => hub.test(url))()).rejects.toThrow('only http and https repositories are supported')
    },
  )
})

function createAgain(dir: string) {
  const made = createRepositories({ dir, clock: realClock, pollMs: 0 })
  return { ...made, [Symbol.asyncDispose]: () => made.close() }
}

async function listen(
  seen: (authorization: string | undefined) => void,
  to: string | undefined,
): Promise<{ url: string; server: Server }> {
  const made = createServer((request, response) => {
    seen(request.headers.authorization)
    if (to === undefined) response.writeHead(404).end()
    else response.writeHead(302, { location: `${to}${request.url}` }).end()
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, server: made }
}
