import { createHmac } from 'node:crypto'
import { fastify, type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { followsRevision, isAffected, repositoryId, sameRepository, touchesPaths } from './match.ts'
import { parsePush, type Push } from './push.ts'
import { addWebhookRoute } from './route.ts'
import { realClock } from '@flotilla/shared/runtime/clock'

const repository = {
  clone_url: 'https://git.example.com/org/app.git',
  ssh_url: 'git@git.example.com:org/app.git',
  default_branch: 'main',
}
const github = {
  ref: 'refs/heads/main',
  repository,
  commits: [{ added: ['a.yaml'], modified: ['b/c.yaml'], removed: [] }],
}
const gitlab = {
  ref: 'refs/heads/main',
  project: { git_http_url: 'https://git.example.com/org/app.git', default_branch: 'main' },
  commits: [{ added: ['a.yaml'] }],
  total_commits_count: 1,
}
const push = (over: Partial<Push> = {}): Push => ({
  urls: ['https://git.example.com/org/app'],
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  files: ['apps/web/a.yaml'],
  ...over,
})

describe('parsePush', () => {
  it('reads addresses, ref and files of GitHub and GitLab', () => {
    expect(parsePush(github)).toEqual({
      urls: [repository.clone_url, repository.ssh_url],
      ref: 'refs/heads/main',
      defaultBranch: 'main',
      files: ['a.yaml', 'b/c.yaml'],
    })
    expect(parsePush(gitlab)?.files).toEqual(['a.yaml'])
  })

  it.each([
    ['a rewritten branch', { ...github, forced: true }],
    ['a list cut short', { ...gitlab, total_commits_count: 30 }],
    ['a tag', { ...github, commits: [] }],
    ['commits that are none', { ...github, commits: ['x'] }],
  ])('does not trust the files of %s', (_, payload) => expect(parsePush(payload)?.files).toBeUndefined())

  it.each([[null], [[]], ['text'], [{}], [{ ref: 1, repository }], [{ ref: 'refs/heads/x', repository: [] }]])(
    'T-27: takes %j for no push',
    (payload) => expect(parsePush(payload)).toBeUndefined(),
  )
})

describe('match', () => {
  it.each([
    'https://git.example.com/org/app',
    'https://git.example.com/org/app.git/',
    'http://user@git.example.com:8443/Org/App.git',
    'git@git.example.com:org/app.git',
    'ssh://git@ssh.git.example.com:22/org/app',
  ])('knows %s for the same repository', (url) => expect(sameRepository(url, push())).toBe(true))

  it.each([
    'https://git.example.com/org/app2',
    'https://git.example.com/org',
    'https://git.example.com.evil.test/org/app',
    'https://gitXexample.com/org/app',
    '',
    '.*',
  ])('T-27: takes %j for another', (url) => expect(sameRepository(url, push())).toBe(false))

  it('takes no pattern out of an address', () => {
    expect(repositoryId('https://h/.*')).toBe('h/.*')
    expect(sameRepository('https://git.example.com/org/app', push({ urls: ['https://git.example.com/.*'] }))).toBe(
      false,
    )
  })

  it.each([
    [undefined, true],
    ['HEAD', true],
    ['main', true],
    ['refs/heads/main', true],
    ['other', false],
  ])('a push to the default branch concerns %s: %s', (revision, wanted) =>
    expect(followsRevision(revision, push())).toBe(wanted),
  )

  it('a tag concerns the ranges that it is in', () => {
    const tag = push({ ref: 'refs/tags/v1.2.3' })
    expect(['v1.2.3', '1.*', '>=2.0.0', 'HEAD'].map((revision) => followsRevision(revision, tag))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it.each([
    ['.', true],
    ['/apps/web', true],
    ['../web', true],
    ['*.yaml', true],
    ['/apps/*/a.yaml', true],
    ['/apps/*', false],
    ['/other;.', true],
    ['/other', false],
    ['../we', false],
  ])('manifest-generate-paths %j: %s', (paths, wanted) => expect(touchesPaths(paths, 'apps/web', push())).toBe(wanted))

  it('without the annotation or without a list of files every push concerns', () => {
    const source = { repoURL: 'https://git.example.com/org/app', path: 'x' }
    expect(isAffected([source], undefined, push())).toBe(true)
    expect(isAffected([source], '/other', push({ files: undefined }))).toBe(true)
    expect(isAffected([source], '/other', push())).toBe(false)
  })
})

describe('POST /api/webhook', () => {
  const servers: FastifyInstance[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })

  async function serve(secrets: Record<string, string> = {}) {
    const refreshed: string[] = []
    const touched: string[] = []
    const url = 'ssh://git@git.example.com/org/app'
    const data = Object.fromEntries(
      Object.entries(secrets).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    )
    const app = {
      metadata: { name: 'web' },
      spec: { source: { repoURL: url, path: '.' }, destination: {}, project: '' },
    }
    const server = fastify()
    servers.push(server)
    const context = {
      clock: realClock,
      sessions: { secret: async () => ({ apiVersion: 'v1', kind: 'Secret', metadata: {}, data }) },
      repositories: {
        urls: () => [url, 'https://git.example.com/other'],
        refresh: async (at: string) => refreshed.push(at),
      },
      controller: {
        urls: () => [url],
        usersOf: () => ['argocd/web'],
        app: () => app,
        touch: (key: string) => touched.push(key),
      },
    }
    await addWebhookRoute(server, context as unknown as Parameters<typeof addWebhookRoute>[1])
    const send = (headers: Record<string, string>, payload: string | Buffer) =>
      server.inject({ method: 'POST', url: '/api/webhook', headers: { 'content-type': 'x/y', ...headers }, payload })
    return { send, refreshed, touched }
  }
  const body = JSON.stringify(github)
  const signed = (text: string, secret: string) => `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`

  it('refreshes the repository that was pushed to, and no other', async () => {
    const { send, refreshed, touched } = await serve()
    const answer = await send({ 'x-github-event': 'push' }, body)
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
    await new Promise((resolve) => setImmediate(resolve))
    expect(refreshed).toEqual(['ssh://git@git.example.com/org/app'])
    expect(touched).toEqual(['argocd/web'])
  })

  it('T-27: takes what is signed over the very bytes, and refuses what is forged', async () => {
    const { send, refreshed } = await serve({ 'webhook.github.secret': 's3' })
    const event = { 'x-github-event': 'push' }
    for (const [signature, payload] of [
      ['', body],
      [signed(body, 'wrong'), body],
      [signed(body, 's3'), `${body} `],
      [signed(body, 's3').slice(0, -1), body],
    ] as const) {
      const answer = await send({ ...event, ...(signature ? { 'x-hub-signature-256': signature } : {}) }, payload)
      expect(answer.statusCode).toBe(400)
    }
    expect(refreshed).toEqual([])
    expect((await send({ ...event, 'x-hub-signature-256': signed(body, 's3') }, body)).statusCode).toBe(200)
    expect(refreshed).toHaveLength(1)
  })

  it('T-27: checks the token of GitLab', async () => {
    const { send, refreshed } = await serve({ 'webhook.gitlab.secret': 's3' })
    const event = { 'x-gitlab-event': 'Push Hook' }
    const refused = await send({ ...event, 'x-gitlab-token': 's4' }, JSON.stringify(gitlab))
    expect([refused.statusCode, refused.body]).toEqual([
      400,
      'Webhook processing failed: X-Gitlab-Token validation failed\n',
    ])
    expect((await send({ ...event, 'x-gitlab-token': 's3' }, JSON.stringify(gitlab))).statusCode).toBe(200)
    expect(refreshed).toHaveLength(1)
  })

  it('T-27: refuses what is unknown, no JSON, or too large; takes a ping', async () => {
    const { send, refreshed } = await serve()
    const unknown = await send({}, body)
    expect([unknown.statusCode, unknown.body]).toEqual([400, 'Unknown webhook event\n'])
    expect((await send({ 'x-github-event': 'push' }, '{')).statusCode).toBe(400)
    expect((await send({ 'x-github-event': 'push' }, Buffer.alloc(10 * 1024 * 1024 + 1))).statusCode).toBe(413)
    expect((await send({ 'x-github-event': 'ping' }, '{}')).statusCode).toBe(200)
    expect((await send({ 'x-github-event': 'push' }, '[[[1]]]')).statusCode).toBe(200)
    expect(refreshed).toEqual([])
  })
})
