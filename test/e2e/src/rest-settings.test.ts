import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { password, restWorld, type RestWorld } from './rest-world.ts'

/** What the settings and the repositories say, as the REST API tells it. */
let world: RestWorld
let git: GitServer
let charts: Server
let dir: string
let token: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-rest-settings-'))
  git = await startGitServer({ root: join(dir, 'git') })
  charts = createServer((request, reply) => {
    if (request.url === '/index.yaml')
      reply.end('entries:\n  b: [{version: 2.0.0}, {version: 1.0.0}]\n  a: [{version: 0.1.0}]\n')
    else reply.writeHead(404).end()
  })
  await new Promise<void>((resolve) => charts.listen(0, '127.0.0.1', resolve))
  world = await restWorld()
  token = await world.login('admin', password)
}, 30_000)

afterAll(async () => {
  await world.stop()
  await git.close()
  charts.close()
  await rm(dir, { recursive: true, force: true })
})

const call = (method: string, path: string, body?: unknown) => world.call(method, `/api/v1/${path}`, { token, body })
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const map = async (name: string): Promise<Record<string, string>> =>
  (await world.hub.objects.get(refOf(resources.configMaps, controlNamespace, name)))['data'] as Record<string, string>

const patient = { timeout: 20_000, interval: 50 }
const hostKey = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'

it('keeps known hosts as Argo CD does', async () => {
  expect((await call('GET', 'certificates')).body).toEqual({ metadata: {}, items: null })
  const host = { serverName: 'github.com', certType: 'ssh', certSubType: 'ssh-ed25519', certData: base64(hostKey) }
  const made = await call('POST', 'certificates', { items: [host] })
  expect(made.body['items']).toEqual([{ ...host, certInfo: '+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU' }])
  expect(await map('argocd-ssh-known-hosts-cm')).toEqual({ ssh_known_hosts: `github.com ssh-ed25519 ${hostKey}\n` })
  const { certData: _certData, ...shown } = host
  const item = { ...shown, certInfo: 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU' }
  expect((await call('GET', 'certificates?hostNamePattern=git*')).body['items']).toEqual([item])
  expect((await call('GET', 'certificates?certType=https')).body['items']).toBeNull()
  expect((await call('POST', 'certificates', { items: [host] })).body['items']).toBeNull()

  const wrong = await call('POST', 'certificates', { items: [{ ...host, certData: base64('AAAA') }] })
  expect(wrong.body['message']).toContain('already exists, and upsert was not specified')
  expect((await call('POST', 'certificates', { items: [{ ...host, serverName: 'a b' }] })).body['message']).toBe(
    'invalid hostname in request: a b',
  )
  const gone = await call('DELETE', 'certificates?hostNamePattern=github.com&certType=ssh')
  expect(gone.body['items']).toEqual([host])
  expect((await call('GET', 'certificates')).body['items']).toBeNull()
})

it('keeps certificates of servers, and tells their subjects', async () => {
  const { cert } = await generate([
    { name: 'countryName', value: 'NL' },
    { name: 'commonName', value: 'git.example.com' },
  ])
  const server = { serverName: 'git.example.com', certType: 'https', certData: base64(cert) }
  expect((await call('POST', 'certificates', { items: [server] })).body['items']).toHaveLength(1)
  expect((await call('GET', 'certificates?certType=tls')).body['items']).toEqual([
    { serverName: 'git.example.com', certType: 'https', certSubType: 'rsa', certInfo: 'CN=git.example.com,C=NL' },
  ])
  const none = await call('POST', 'certificates', { items: [{ ...server, serverName: 'x.y', certData: base64('no') }] })
  expect(none.body['message']).toBe('no valid PEM data received')
  expect((await call('DELETE', 'certificates?hostNamePattern=*.example.com')).body['items']).toHaveLength(1)
})

const fingerprint = '3F8BF05A1E1EFCBC56F4CEA3BAE575874A3B40DB'
const publicKey = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawHxoBYJKwYBBAHaRw8BAQdAVn+uJSMK6L2xqRLqZ5ZrJ+Hc2d6uxMrvRIju
CX0OnZC0JUZsb3RpbGxhIFRlc3QgPHRlc3RAZmxvdGlsbGEuaW52YWxpZD6IkAQT
FggAOBYhBD+L8FoeHvy8VvTOo7rldYdKO0DbBQJrAfGgAhsDBQsJCAcCBhUKCQgL
AgQWAgMBAh4BAheAAAoJELrldYdKO0Db7zIA/i9wNuCDVssaxU5Ne2kEK8IPym7H
WvyxIf5pdB+4RLPrAP44of5AB5WEwBI+OPePLkJgWQNvfqCoZKDzBUo5KhKtDA==
=4NKk
-----END PGP PUBLIC KEY BLOCK-----
`

it('keeps keys that commits are signed with', async () => {
  const made = await call('POST', 'gpgkeys', { keyData: publicKey })
  const [key] = (made.body['created'] as { items: { keyID: string; fingerprint: string }[] }).items
  expect(key).toMatchObject({ subType: 'ed25519', owner: 'Flotilla Test <test@flotilla.invalid>', trust: 'unknown' })
  expect([key?.fingerprint, key?.keyID]).toEqual([fingerprint, fingerprint.slice(24)])
  expect((await call('POST', 'gpgkeys', { keyData: publicKey })).body['skipped']).toEqual([key?.keyID])
  const listed = (await call('GET', 'gpgkeys')).body['items'] as object[]
  expect(listed).toHaveLength(1)
  expect(listed[0]).not.toHaveProperty('keyData')
  expect((await call('GET', `gpgkeys/${key?.fingerprint ?? ''}`)).body['keyData']).toContain('BEGIN PGP')
  expect((await call('GET', 'gpgkeys/nonsense')).body['message']).toBe("'nonsense' is not a valid GnuPG key ID")
  expect((await call('DELETE', `gpgkeys?keyID=${key?.keyID ?? ''}`)).body).toEqual({})
  expect((await call('GET', 'gpgkeys')).body['items']).toBeNull()
})

it('names what notifications are configured', async () => {
  expect((await call('GET', 'notifications/services')).body).toEqual({})
  const metadata = { name: 'argocd-notifications-cm', namespace: controlNamespace }
  const data = {
    'service.slack': 'x',
    'service.email': 'x',
    'trigger.on-sync': 'x',
    'template.done': 'x',
    context: 'x',
  }
  const kind = { ...resources.configMaps, namespace: controlNamespace }
  await world.hub.objects.create(kind, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  expect((await call('GET', 'notifications/services')).body['items']).toEqual([{ name: 'email' }, { name: 'slack' }])
  expect((await call('GET', 'notifications/triggers')).body['items']).toEqual([{ name: 'on-sync' }])
  expect((await call('GET', 'notifications/templates')).body['items']).toEqual([{ name: 'done' }])
})

it('makes the links that the settings ask for, and leaves out those that it cannot make', async () => {
  const links = [
    {
      title: 'Logs',
      url: 'https://logs/{{.app.metadata.name | upper}}',
      description: 'of it',
      'icon.class': 'fa-book',
    },
    { title: 'Never', url: 'https://x', if: "app.spec.project != 'default'" },
    { title: 'Here', url: '{{.cluster.name}}', if: 'application.metadata.name startsWith "w"' },
    { title: 'Broken', url: '{{.app.metadata.name | nope}}' },
    { title: 'No condition', url: 'x', if: 'app.metadata.name' },
  ]
  const project = [{ title: 'Wiki', url: 'https://wiki/{{.project.metadata.name}}' }]
  const data = { 'application.links': JSON.stringify(links), 'project.links': JSON.stringify(project) }
  const { objects } = world.hub
  await objects.patch(refOf(resources.configMaps, controlNamespace, 'argocd-cm'), { data }, { type: 'merge' })
  const url = await git.create('links', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' })
  const made = await call('POST', 'applications', {
    metadata: { name: 'web' },
    spec: {
      project: 'default',
      source: { repoURL: url, path: '.' },
      destination: { name: 'in-cluster', namespace: 'x' },
    },
  })
  expect(made.status).toBe(200)
  await vi.waitFor(
    async () =>
      expect((await call('GET', 'applications/web/links')).body['items']).toEqual([
        { title: 'Logs', url: 'https://logs/WEB', description: 'of it', iconClass: 'fa-book' },
        { title: 'Here', url: 'in-cluster' },
      ]),
    patient,
  )
  expect((await call('GET', 'projects/default/links')).body['items']).toEqual([
    { title: 'Wiki', url: 'https://wiki/default' },
  ])
})

it('tells which folders of a repository are charts and kustomizations', async () => {
  const url = await git.create('apps', {
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 0.1.0\n',
    'chart/values.yaml': 'image: {tag: v1}\nports: [80, 443]\n',
    'chart/values-prod.yaml': 'image: {tag: v2}\n',
    'kust/kustomization.yaml': 'resources: []\n',
    'plain/a.yaml': '{}\n',
  })
  const repo = `repositories/${encodeURIComponent(url)}`
  expect((await call('GET', `${repo}/apps?appName=new&appProject=default`)).body['items']).toEqual([
    { type: 'Helm', path: 'chart' },
    { type: 'Kustomize', path: 'kust' },
  ])
  const details = (path: string) =>
    call('POST', `${repo}/appdetails`, {
      source: { repoURL: url, path, targetRevision: 'HEAD', helm: { valueFiles: ['values-prod.yaml'] } },
      appName: 'new',
      appProject: 'default',
    })
  const { helm, type } = (await details('chart')).body as { helm?: Record<string, unknown>; type: string }
  expect(type).toBe('Helm')
  expect(helm?.['valueFiles']).toEqual(['values-prod.yaml', 'values.yaml'])
  expect(helm?.['parameters']).toEqual([
    { name: 'image.tag', value: 'v2' },
    { name: 'ports[0]', value: '80' },
    { name: 'ports[1]', value: '443' },
  ])
  expect((await details('plain')).body).toEqual({ type: 'Directory', directory: {} })
})

it('shows the source of an application to those who ask for that and for no other', async () => {
  const url = await git.create('other', { 'a.yaml': '{}\n' })
  const ask = (source: object) =>
    call('POST', `repositories/${encodeURIComponent(url)}/appdetails`, {
      source,
      appName: 'web',
      appProject: 'default',
    })
  expect((await ask({ repoURL: url, path: '.' })).status).toBe(403)
  expect((await ask({ repoURL: `${git.url}/links.git`, path: '.' })).status).toBe(200)
})

it('lists the charts of a Helm repository', async () => {
  const url = `http://127.0.0.1:${(charts.address() as AddressInfo).port}`
  expect((await call('POST', 'repositories', { repo: url, type: 'helm', name: 'charts' })).status).toBe(200)
  expect((await call('GET', `repositories/${encodeURIComponent(url)}/helmcharts`)).body['items']).toEqual([
    { name: 'a', versions: ['0.1.0'] },
    { name: 'b', versions: ['2.0.0', '1.0.0'] },
  ])
})

it('names the projects that are global for one', async () => {
  const project = (name: string, labels: object) => ({ project: { metadata: { name, labels }, spec: {} } })
  expect((await call('POST', 'projects', project('base', {}))).status).toBe(200)
  expect((await call('POST', 'projects', project('team', { kind: 'team' }))).status).toBe(200)
  const globalProjects = JSON.stringify([{ projectName: 'base', labelSelector: { matchLabels: { kind: 'team' } } }])
  const cm = refOf(resources.configMaps, controlNamespace, 'argocd-cm')
  await world.hub.objects.patch(cm, { data: { globalProjects } }, { type: 'merge' })
  await vi.waitFor(
    async () =>
      expect((await call('GET', 'projects/team/globalprojects')).body['items']).toMatchObject([
        { metadata: { name: 'base' } },
      ]),
    patient,
  )
  expect((await call('GET', 'projects/base/globalprojects')).body).toEqual({})
  expect((await call('GET', 'projects/team/detailed')).body['globalProjects']).toHaveLength(1)
})

it('keeps credentials to write with apart, and writes to no repository', async () => {
  const creds = { url: 'https://git.example.com/', username: 'u', password: 'p' }
  expect((await call('POST', 'write-repocreds', creds)).body).toEqual({ url: creds.url })
  expect((await call('GET', 'write-repocreds')).body['items']).toEqual([{ url: creds.url, username: 'u' }])
  expect((await call('GET', 'repocreds')).body['items']).toBeNull()
  expect((await call('DELETE', `write-repocreds/${encodeURIComponent(creds.url)}`)).body).toEqual({})
  const off = await call('GET', 'write-repositories')
  expect([off.status, off.body['message']]).toEqual([501, 'hydrator is disabled'])
})

it('holds the applications of a project to the rules of those that settings make global for it', async () => {
  const repoURL = await git.create('global', { 'app/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' })
  const destination = { server: 'https://kubernetes.default.svc', namespace: 'default' }
  const project = (name: string, spec: object, labels = {}) =>
    call('POST', 'projects', { project: { metadata: { name, labels }, spec } })
  await project('company', { sourceRepos: [repoURL], destinations: [destination] })
  await project('squad', {}, { kind: 'small' })
  const spec = { project: 'squad', destination, source: { repoURL, path: 'app' } }
  const create = () => call('POST', 'applications', { metadata: { name: 'global' }, spec })
  expect((await create()).body['message']).toContain(`application repo ${repoURL} is not permitted in project 'squad'`)

  const cm = refOf(resources.configMaps, controlNamespace, 'argocd-cm')
  const globalProjects = '- projectName: company\n  labelSelector: {matchLabels: {kind: small}}\n'
  await world.hub.objects.update(cm, { ...(await world.hub.objects.get(cm)), data: { globalProjects } })
  await vi.waitFor(
    async () => expect((await create()).body['message'] ?? '').not.toContain('is not permitted'),
    patient,
  )
  const globals = (await call('GET', 'projects/squad/globalprojects')).body['items'] as { metadata: object }[]
  expect(globals.map(({ metadata }) => metadata)).toEqual([expect.objectContaining({ name: 'company' })])

  // A window of the global project is one of the application's.
  const company = (await call('GET', 'projects/company')).body
  const syncWindows = [{ kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'] }]
  await call('PUT', 'projects/company', {
    project: { ...company, spec: { ...(company['spec'] as object), syncWindows } },
  })
  await vi.waitFor(
    async () => expect((await call('GET', 'applications/global/syncwindows')).body['activeWindows']).toHaveLength(1),
    patient,
  )
})

it('refuses syncs that replace objects where argocd-cmd-params-cm says so', async () => {
  const spec = {
    project: 'default',
    source: { repoURL: await git.create('replaced', { 'a/cm.yaml': 'kind: ConfigMap' }), path: 'a' },
    destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
  }
  await call('POST', 'applications?validate=false', { metadata: { name: 'replaced' }, spec })
  const name = 'argocd-cmd-params-cm'
  const data = { 'server.sync.replace.allowed': 'false' }
  const metadata = { name, namespace: controlNamespace }
  await world.hub.objects.create(
    { ...resources.configMaps, namespace: controlNamespace },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
  )
  const asked = () =>
    call('POST', 'applications/replaced/sync', { dryRun: true, syncOptions: { items: ['Replace=true'] } })
  await vi.waitFor(async () => expect((await asked()).status).toBe(400), patient)
  expect((await asked()).body['message']).toBe(
    'sync with replace was disabled on the API Server level via the server configuration',
  )
})
