import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { password, restWorld, type RestWorld } from './rest-world.ts'

let world: RestWorld
let admin: string
let nobody: string

beforeAll(async () => {
  world = await restWorld()
  admin = await world.login('admin', password)
  const at = { group: '', version: 'v1', resource: 'configmaps', namespace: 'argocd', name: 'argocd-cm' }
  await world.hub.objects.patch(at, { data: { 'accounts.nobody': 'login, apiKey' } }, { type: 'merge' })
  const change = { name: 'nobody', currentPassword: password, newPassword: 'nobody-password' }
  await vi.waitUntil(async () => (await put('/api/v1/account/password', change)).status === 200, {
    timeout: 20_000,
    interval: 100,
  })
  nobody = await world.login('nobody', 'nobody-password')
})
afterAll(() => world.stop())

const get = (path: string, token = admin) => world.call('GET', path, { token })
const put = (path: string, body: unknown, token = admin) => world.call('PUT', path, { token, body })
const post = (path: string, body: unknown, token = admin) => world.call('POST', path, { token, body })

const application = (name: string, more: object = {}) => ({
  metadata: { name, labels: { team: 'red' } },
  spec: {
    project: 'default',
    source: { repoURL: 'https://git.example/app.git', path: 'app' },
    destination: { name: 'in-cluster', namespace: 'default' },
  },
  ...more,
})
const create = (name: string) => post('/api/v1/applications?validate=false', application(name))

describe('what is sent', () => {
  it.each([
    [
      'sync',
      'POST',
      '/api/v1/applications/x/sync',
      { prune: 'yes' },
      /field ApplicationSyncRequest\.prune of type bool/,
    ],
    [
      'sync options',
      'POST',
      '/api/v1/applications/x/sync',
      { resources: [{ kind: 7 }] },
      /field SyncOperationResource\.resources\.kind of type string/,
    ],
    [
      'application',
      'POST',
      '/api/v1/applications',
      { metadata: { name: 7 } },
      /field ObjectMeta\.metadata\.name of type string/,
    ],
    [
      'spec',
      'POST',
      '/api/v1/applications',
      { metadata: { name: 'x' }, spec: { source: { path: [] } } },
      /field ApplicationSource\.spec\.source\.path of type string/,
    ],
    [
      'project',
      'POST',
      '/api/v1/projects',
      { project: { metadata: { labels: { a: 1 } } } },
      /field ObjectMeta\.project\.metadata\.labels of type string/,
    ],
    [
      'token',
      'POST',
      '/api/v1/account/admin/token',
      { expiresIn: true },
      /field CreateTokenRequest\.expiresIn of type int64/,
    ],
    ['list', 'POST', '/api/v1/projects', [], /array into Go value of type project\.ProjectCreateRequest/],
  ])('%s: a wrong type names its field', async (_name, method, path, body, words) => {
    const answer = await world.call(method, path, { token: admin, body })
    expect(answer.status).toBe(400)
    expect(answer.body['message']).toMatch(words)
  })

  it('takes null for nothing, and no body for an empty one', async () => {
    await create('nulls')
    const sent = { resources: null, strategy: null, syncOptions: null, retryStrategy: null, dryRun: true }
    const answer = await post('/api/v1/applications/nulls/sync', sent)
    expect(answer.body['message']).toMatch(/^error resolving repo revision/)
    expect((await world.call('POST', '/api/v1/applications/nulls/sync', { token: admin, raw: '' })).status).toBe(400)
  })

  it('says of a patch that is no JSON what an API server would', async () => {
    await create('patched')
    const at = 'resourceName=a&kind=ConfigMap&version=v1&namespace=n&patchType=application/merge-patch%2Bjson'
    const path = `/api/v1/applications/patched/resource?${at}`
    const answer = await world.call('POST', path, { token: admin, raw: '"nonsense"' })
    const why = "invalid character 'o' in literal null (expecting 'u')"
    expect(answer.body['message']).toBe(`error patching resource: error decoding patch: ${why}`)
    expect([answer.status, answer.body['code']]).toEqual([400, 9])
  })

  it("says what is wrong with JSON in Go's words", async () => {
    const answer = await world.call('POST', '/api/v1/projects', { token: admin, raw: '{project: 1}' })
    expect(answer.body).toMatchObject({
      code: 3,
      message: "invalid character 'p' looking for beginning of object key string",
    })
  })

  it('T-34: takes JSON only, so that no form of another site gets through', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await world.call('POST', '/api/v1/projects', { token: admin, raw: 'a=b', headers: form })
    expect([answer.status, answer.text]).toEqual([415, 'Invalid content type\n'])
  })

  it('answers in plain text where there is no route', async () => {
    const answer = await get('/api/v1/nothing')
    expect([answer.status, answer.text]).toEqual([404, 'Not Found\n'])
  })
})

describe('lists', () => {
  beforeAll(async () => {
    for (const name of ['list-a', 'list-b']) await create(name)
  })
  const names = async (query: string): Promise<unknown> => {
    const { body } = await get(`/api/v1/applications?${query}`)
    return ((body['items'] as { metadata: { name: string } }[] | null) ?? []).map((each) => each.metadata.name)
  }

  it('chooses by name, selector, project and repository', async () => {
    expect(await names('name=list-a')).toEqual(['list-a'])
    expect(await names('selector=team%3Dred&name=list-b')).toEqual(['list-b'])
    expect(await names('selector=team%3Dblue')).toEqual([])
    expect(await names('projects=other')).toEqual([])
    expect(await names('repo=https%3A%2F%2Fgit.example%2Fapp.git&name=list-a')).toEqual(['list-a'])
    expect((await get('/api/v1/applications?selector=((')).status).toBe(500)
  })

  it('shows the fields that are asked for, and null where nothing is found', async () => {
    const { body } = await get('/api/v1/applications?name=list-a&fields=items.metadata.name,items.spec.project')
    expect(body['items']).toEqual([{ metadata: { name: 'list-a' }, spec: { project: 'default' } }])
    expect((await get('/api/v1/applications?name=none')).body['items']).toBeNull()
  })

  it('shows nobody what they may not see', async () => {
    expect((await get('/api/v1/applications', nobody)).body['items']).toBeNull()
    expect((await get('/api/v1/clusters', nobody)).body['items']).toBeNull()
    expect((await get('/api/v1/projects', nobody)).body['items']).toBeNull()
  })
})

describe('streams', () => {
  const read = async (
    accept: string,
    until: (text: string) => boolean,
    act: () => Promise<unknown>,
  ): Promise<{ type: string; text: string }> => {
    const aborted = new AbortController()
    const timer = AbortSignal.timeout(10_000)
    const headers = { authorization: `Bearer ${admin}`, accept }
    const url = `${world.hub.url}/api/v1/stream/applications?name=streamed&fields=result.type,result.application.metadata.name`
    const answer = await fetch(url, { headers, signal: AbortSignal.any([aborted.signal, timer]) })
    await act()
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (until(text)) break
    }
    aborted.abort()
    return { type: answer.headers.get('content-type') ?? '', text }
  }

  it('sends events to a browser and lines to all others', async () => {
    await create('streamed')
    const event = await read(
      'text/event-stream',
      (text) => text.includes('streamed'),
      async () => undefined,
    )
    expect(event.type).toBe('text/event-stream')
    expect(event.text).toMatch(
      /^data: \{"result":\{"type":"ADDED","application":\{"metadata":\{"name":"streamed"\}\}\}\} \n\n/,
    )
    const gone = await read(
      '*/*',
      (text) => text.includes('DELETED'),
      () => world.call('DELETE', '/api/v1/applications/streamed?cascade=false', { token: admin }),
    )
    expect(gone.type).toBe('application/json')
    const lines = gone.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { result: { type: string } }).result.type)
    expect([lines[0], lines.at(-1)]).toEqual(['ADDED', 'DELETED'])
  })
})

describe('sessions', () => {
  it('T-31: slows down who guesses, and nobody else', async () => {
    const guess = () => post('/api/v1/session', { username: 'admin', password: 'wrong' }, '')
    for (let tries = 0; tries < 6; tries++) expect((await guess()).status).toBe(401)
    expect((await post('/api/v1/session', { username: 'admin', password }, '')).status).toBe(401)
    expect((await post('/api/v1/session', { username: 'nobody', password: 'nobody-password' }, '')).status).toBe(200)
    // A session that was there before goes on.
    expect((await get('/api/v1/session/userinfo')).body).toMatchObject({ loggedIn: true, username: 'admin' })
  })

  it('T-37: lets a role of a project do what the project lets it, and no more', async () => {
    const policies = ['p, proj:team:ci, applications, get, team/*, allow']
    const spec = {
      sourceRepos: ['*'],
      destinations: [{ name: '*', namespace: '*' }],
      roles: [{ name: 'ci', policies }],
    }
    expect((await post('/api/v1/projects', { project: { metadata: { name: 'team' }, spec } })).status).toBe(200)
    const issued = await post('/api/v1/projects/team/roles/ci/token', { id: 'one' })
    const token = String(issued.body['token'])
    expect((await get('/api/v1/projects/team', token)).status).toBe(200)
    expect((await get('/api/v1/projects/default', token)).status).toBe(403)
    await post('/api/v1/applications?validate=false', {
      ...application('of-team'),
      spec: { ...application('').spec, project: 'team' },
    })
    expect((await get('/api/v1/applications/of-team', token)).status).toBe(200)
    expect((await world.call('DELETE', '/api/v1/applications/of-team', { token })).status).toBe(403)
    const listed = (await get('/api/v1/projects/team')).body['status'] as {
      jwtTokensByRole: { ci: { items: { id: string; iat: number }[] } }
    }
    const [kept] = listed.jwtTokensByRole.ci.items
    expect(kept?.id).toBe('one')
    await world.call('DELETE', `/api/v1/projects/team/roles/ci/token/${kept?.iat ?? 0}?id=one`, { token: admin })
    await expect.poll(async () => (await get('/api/v1/projects/team', token)).status, { timeout: 10_000 }).toBe(401)
  })
})

describe('a restart', () => {
  it('keeps applications, projects, tokens and passwords', async () => {
    await create('kept')
    const issued = await post('/api/v1/account/nobody/token', { id: 'kept' })
    const before = (await get('/api/v1/applications/kept')).body['metadata']
    await world.restart()
    expect((await get('/api/v1/applications/kept')).body['metadata']).toMatchObject({
      uid: (before as { uid: string }).uid,
    })
    expect((await get('/api/v1/session/userinfo', String(issued.body['token']))).body).toMatchObject({
      username: 'nobody',
    })
    await world.login('admin', password)
  })
})
