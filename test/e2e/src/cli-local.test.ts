import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { flotilla as runFlotilla, type Ran } from './command-line.ts'
import { password, restWorld, type RestWorld } from './rest-world.ts'

/** Files of one's own disk in place of those in Git, and other verbs that need no agent. */
let world: RestWorld
let git: GitServer
let dir: string
let token: string
const destination = { server: 'https://kubernetes.default.svc', namespace: 'x' }

const flotilla = (...args: string[]): Promise<Ran> => runFlotilla({ hub: world.hub.url, dir, token }, args)

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-cli-local-'))
  git = await startGitServer({ root: join(dir, 'git') })
  const repoURL = await git.create('apps', { 'app/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: git}\n' })
  world = await restWorld()
  token = await world.login('admin', password)
  for (const [name, syncPolicy] of [
    ['web', {}],
    ['auto', { automated: {} }],
  ] as const) {
    const spec = { project: 'default', destination, source: { repoURL, path: 'app' }, syncPolicy }
    const made = await world.call('POST', '/api/v1/applications?validate=false', {
      token,
      body: { metadata: { name }, spec },
    })
    expect(made.status).toBe(200)
  }
  await mkdir(join(dir, 'repo', 'app'), { recursive: true })
  await writeFile(
    join(dir, 'repo', 'app', 'b.yaml'),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\nstringData: {key: canary}\n',
  )
}, 30_000)

afterAll(async () => {
  await world.stop()
  await git.close()
  await rm(dir, { recursive: true, force: true })
})

const app = () => ['--local', join(dir, 'repo', 'app')]

it('makes manifests of a folder, values of Secrets hidden', async () => {
  const made = await flotilla('app', 'manifests', 'web', ...app(), '--local-repo-root', join(dir, 'repo'))
  expect(made.err).toBe('')
  expect(made.out).toContain('name: mine')
  expect(made.out).not.toContain('canary')
  expect((await flotilla('app', 'manifests', 'web', '--source', 'local', ...app())).out).toBe(made.out)
  expect((await flotilla('app', 'manifests', 'web')).out).toContain('name: git')
  expect((await flotilla('app', 'manifests', 'web', '--local', join(dir, 'none'))).err).toContain('is not a folder')
})

it('sends no file from outside of the folder', async () => {
  const folder = join(dir, 'links')
  await mkdir(folder)
  await symlink('/etc/hostname', join(folder, 'x.yaml'))
  expect((await flotilla('app', 'manifests', 'web', '--local', folder)).err).toContain('a link that leads out of')
})

it('syncs a folder, but not under the eyes of automation', async () => {
  const refused = await flotilla('app', 'sync', 'auto', ...app())
  expect(refused.err).toBe('fatal: Cannot use local sync when Automatic Sync Policy is enabled except with --dry-run\n')
  expect(await flotilla('app', 'sync', 'web', ...app(), '--async')).toMatchObject({ code: 0, err: '' })
  const stored = await world.hub.objects.get(refOf(resources.applications, controlNamespace, 'web'))
  const { operation } = stored as unknown as { operation: { sync: { manifests: string[] } } }
  expect(operation.sync.manifests.map((text) => JSON.parse(text) as object)).toMatchObject([
    { kind: 'Secret', metadata: { name: 'mine' }, stringData: { key: 'canary' } },
  ])
})

it('T-16: refuses what is not as it was sent, or no archive', async () => {
  const send = async (...parts: unknown[]) =>
    (
      await world.call('POST', '/api/v1/applications/manifestsWithFiles', {
        token,
        raw: parts.map((part) => JSON.stringify(part)).join('\n'),
      })
    ).body['message']
  expect(await send({})).toBe('error getting query: error getting stream query: query is nil')
  expect(await send({ query: {} })).toBe('invalid request: application name is missing')
  const chunk = { chunk: { chunk: 'AAAA' } }
  expect(await send({ query: { name: 'web', checksum: '00' } }, chunk)).toContain('file checksum validation error')
  const checksum = '709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c'
  expect(await send({ query: { name: 'web', checksum } }, chunk)).toContain('error decompressing tgz file')
})

it('names the service accounts of destinations', async () => {
  await flotilla('proj', 'create', 'p')
  const rule = ['p', 'https://a', 'ns', 'deployer']
  expect((await flotilla('proj', 'add-destination-service-account', ...rule)).code).toBe(0)
  expect((await flotilla('proj', 'add-destination-service-account', ...rule)).err).toContain('is already defined')
  const other = ['--service-account-namespace', 'ops']
  await flotilla('proj', 'add-destination-service-account', 'p', 'https://a', 'other', 'deployer', ...other)
  const spec = async () =>
    (await world.hub.objects.get(refOf(resources.appProjects, controlNamespace, 'p')))['spec'] as Record<
      string,
      unknown
    >
  const accounts = [{ server: 'https://a', namespace: 'ns', defaultServiceAccount: 'deployer' }]
  expect((await spec())['destinationServiceAccounts']).toEqual([
    ...accounts,
    { server: 'https://a', namespace: 'other', defaultServiceAccount: 'ops:deployer' },
  ])
  const gone = ['p', 'https://a', 'other', 'ops:deployer']
  expect((await flotilla('proj', 'remove-destination-service-account', ...gone)).code).toBe(0)
  expect((await spec())['destinationServiceAccounts']).toEqual(accounts)
  expect((await flotilla('proj', 'add-destination-service-account', 'p', 'a', 'n', '*')).err).toContain('wildcards')
})

it('prints the token of the session', async () => {
  expect((await flotilla('account', 'session-token')).out).toBe(`${token}\n`)
  const told = JSON.parse((await flotilla('account', 'session-token', '-o', 'json')).out) as object
  expect(told).toMatchObject({ token, issuer: 'argocd', subject: 'admin:login' })
})

it('keeps what is reached without a proxy', async () => {
  const proxy = ['--proxy', 'http://proxy:3128', '--no-proxy', 'a.example.com']
  const made = await flotilla(
    'repocreds',
    'add',
    'https://b.example.com/org',
    '--username',
    'u',
    '--password',
    'p',
    ...proxy,
  )
  expect(made.err).toBe('')
  const { items } = (await world.call('GET', '/api/v1/repocreds', { token })).body as { items: object[] }
  expect(items).toMatchObject([{ proxy: 'http://proxy:3128', noProxy: 'a.example.com' }])
})

it('waits until an ApplicationSet has made what it makes', async () => {
  const file = join(dir, 'set.yaml')
  const template = {
    metadata: { name: '{{name}}' },
    spec: { project: 'default', destination, source: { repoURL: 'https://c', path: 'a' } },
  }
  const spec = { generators: [{ list: { elements: [{ name: 'made' }] } }], template }
  const set = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', metadata: { name: 'set' }, spec }
  await writeFile(file, JSON.stringify(set))
  expect(await flotilla('appset', 'create', file, '--wait')).toMatchObject({
    code: 0,
    err: "ApplicationSet 'set' resources are up to date\n",
  })
  expect((await flotilla('appset', 'delete', 'set', '--wait', '-y')).code).toBe(0)
})

it('says of charts and OCI what Argo CD says of a Git repository', async () => {
  const about = async (path: string) => {
    const { status, body } = await world.call('GET', `/api/v1/applications/web/revisions/1.0.0/${path}`, { token })
    return [status, body['message']]
  }
  expect(await about('chartdetails')).toEqual([500, 'no chart found for application: web'])
  const choice = 'error getting app source by source index and version ID:'
  expect(await about('chartdetails?sourceIndex=2')).toEqual([
    500,
    `${choice} source index 2 not found because there is only 1 source`,
  ])
  expect(await about('ocimetadata?versionId=3')).toEqual([
    500,
    `${choice} error getting source by version ID: version ID 3 not found because the app has no history`,
  ])
  const client = 'failed to initialize repository: invalid reference: invalid repository "/127.0.0.1"'
  expect(await about('ocimetadata')).toEqual([500, `failed to initialize oci client: ${client}`])
  const url = encodeURIComponent('oci://registry.example.com/team/app')
  const tags = await world.call('GET', `/api/v1/repositories/${url}/oci-tags`, { token })
  expect(tags.body['message']).toContain('OCI repositories are not supported yet')
})
