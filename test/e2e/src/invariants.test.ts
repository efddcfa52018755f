import { createHmac } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { configMap, deployment, eventually, FleetWorld, isSettled, job, kinds, yaml } from './fleet-world.ts'
import { restOf, type Rest } from './rest.ts'

/** What must hold whatever happens, where no other test of this folder looks at it. */
let fleet: FleetWorld
let rest: Rest
// The hub made its certificate itself.
const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
const manual = { syncOptions: ['CreateNamespace=true'] }
beforeAll(async () => {
  fleet = await FleetWorld.open()
  rest = await restOf(fleet.world.hub.url, 'e2e-password')
})
afterAll(() => fleet[Symbol.asyncDispose]())

const revisions = async (namespace: string): Promise<string[]> => {
  const { objects } = fleet.member().cluster
  const lists = await Promise.all(Object.values(kinds).map((kind) => objects.list({ ...kind, namespace })))
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`))
}

test('INV-14: a dry run changes nothing, and says what it would do', async () => {
  await fleet.app('dry', {
    'a.yaml': configMap('a', { v: '1' }),
    'b.yaml': configMap('b'),
    'pre.yaml': job('pre', { 'argocd.argoproj.io/hook': 'PreSync' }),
  })
  await fleet.settled('dry')
  await fleet.patch('dry', { spec: { syncPolicy: { automated: null } } })
  const commit = await fleet.world.git.commit('dry', {
    'a.yaml': configMap('a', { v: '2' }),
    'b.yaml': null,
    'c.yaml': configMap('c'),
  })
  await fleet.until('dry', ({ status }) => status?.sync?.revision === commit)
  const before = await revisions('dry')
  await fleet.patch('dry', { operation: { sync: { dryRun: true, prune: true } } })
  const app = await fleet.until(
    'dry',
    (now) =>
      now.operation === undefined &&
      now.status?.operationState?.phase === 'Succeeded' &&
      now.status.operationState.operation.sync?.dryRun === true,
  )
  expect(await revisions('dry')).toEqual(before)
  const rows = app.status?.operationState?.syncResult?.resources ?? []
  expect(rows.map(({ kind, name, status }) => `${kind} ${name} ${status}`)).toEqual(
    expect.arrayContaining(['ConfigMap a Synced', 'ConfigMap c Synced', 'ConfigMap b Pruned']),
  )
  expect(app.status?.history).toHaveLength(1)
})

test('INV-14: an operation goes on with the options it began with', async () => {
  const first = { 'argocd.argoproj.io/sync-wave': '-1' }
  const late = deployment('late', { image: 'registry.example.com/app:never-ready', annotations: first })
  await fleet.app('fixed', { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b') })
  await fleet.settled('fixed')
  await fleet.patch('fixed', { spec: { syncPolicy: { automated: null } } })
  const commit = await fleet.world.git.commit('fixed', {
    'a.yaml': configMap('a', { v: '2' }),
    'b.yaml': null,
    'late.yaml': late,
  })
  await fleet.until('fixed', ({ status }) => status?.sync?.revision === commit)
  await fleet.patch('fixed', { operation: { sync: { prune: false } } })
  await fleet.untilLive(['Deployment', 'fixed', 'late'], (live) => live !== undefined)
  // While it waits for its first wave, Git moves on.
  const later = await fleet.world.git.commit('fixed', { 'a.yaml': configMap('a', { v: '3' }) })
  await fleet.until('fixed', ({ status }) => status?.sync?.revision === later)
  const image = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/app:2' }]
  const at = { ...kinds.Deployment, namespace: 'fixed', name: 'late' }
  await fleet.member().cluster.objects.patch(at, image, { type: 'json' })
  const app = await fleet.until('fixed', ({ status }) => status?.operationState?.phase !== 'Running')
  expect(app.status?.operationState?.syncResult?.revision).toBe(commit)
  expect((await fleet.live('ConfigMap', 'fixed', 'a'))?.['data']).toEqual({ v: '2' })
  expect(await fleet.live('ConfigMap', 'fixed', 'b')).toBeDefined()
})

test.each([
  [
    'a namespace of its own',
    yaml({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'elsewhere' } }),
  ],
  [
    'a kind that is denied',
    yaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, stringData: { a: 'b' } }),
  ],
  [
    'a cluster-scoped kind',
    yaml({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'x' }, rules: [] }),
  ],
  [
    'what a List hides',
    yaml({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }] }),
  ],
])('INV-15, T-45, T-49: a project keeps out %s, and nothing is written', async (what, text) => {
  const name = `p-${what.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}`
  await fleet.world.hub.objects.create({ ...resources.appProjects, namespace: 'argocd' }, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name, namespace: 'argocd' },
    spec: {
      sourceRepos: ['*'],
      destinations: [
        { name: 'c1', namespace: name },
        { server: '*', namespace: name },
      ],
      namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }],
    },
  } as KubeObject)
  const mark = fleet.mark()
  await fleet.app(
    name,
    { 'a.yaml': configMap('a'), 'x.yaml': text },
    { spec: { project: name, syncPolicy: { automated: {} } } },
  )
  const app = await fleet.until(
    name,
    ({ status }) =>
      status?.operationState?.phase === 'Failed' ||
      (status?.operationState?.retryCount ?? 0) > 0 ||
      (status?.conditions ?? []).length > 0,
  )
  expect(JSON.stringify([app.status?.operationState, app.status?.conditions])).toMatch(/not permitted/)
  expect(fleet.writes('c1', mark).filter(({ name: object }) => object === 'x' || object === 'a')).toEqual([])
})

test('INV-16, T-40: what only the cluster knows of a Secret never leaves it', async () => {
  const canary = 'canary-7f3a9c'
  const encoded = Buffer.from(canary).toString('base64')
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, stringData: { user: 'admin' } }
  await fleet.app('secrets', { 's.yaml': yaml(secret) }, { syncPolicy: manual })
  await fleet.patch('secrets', { operation: { sync: { syncOptions: ['CreateNamespace=true'] } } })
  await fleet.settled('secrets')
  const ref = { ...kinds.Secret, namespace: 'secrets', name: 'login' }
  await fleet.member().cluster.objects.patch(
    ref,
    {
      data: { user: encoded, password: encoded },
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { password: encoded } }),
        },
      },
    },
    { type: 'merge' },
  )
  await fleet.patch('secrets', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  await fleet.until(
    'secrets',
    ({ status, metadata }) =>
      status?.sync?.status === 'OutOfSync' && metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined,
  )
  const query = 'namespace=secrets&resourceName=login&version=v1&group=&kind=Secret'
  const answers = await Promise.all(
    [
      '',
      '/resource-tree',
      '/managed-resources',
      `/resource?${query}`,
      '/events',
      '/manifests',
      `/resource/actions?${query}`,
    ].map((path) => rest.get(`/api/v1/applications/secrets${path}`)),
  )
  for (const { text } of answers) expect(text.includes(canary) || text.includes(encoded)).toBe(false)
  expect(answers.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200, 200, 200])
  expect(answers[2]?.text).toContain('login')
  for (const folder of ['hub', 'agent-c1'])
    for (const file of await readdir(join(fleet.dir, folder), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const bytes = await readFile(join(file.parentPath, file.name))
      expect(bytes.includes(canary) || bytes.includes(encoded), file.name).toBe(false)
    }
})

test('INV-17: what cannot go on says why, and when it is tried next', async () => {
  await fleet.app('stuck', {
    'a.yaml': yaml({ apiVersion: 'example.org/v1', kind: 'Nothing', metadata: { name: 'x' } }),
  })
  const app = await fleet.until('stuck', ({ status }) => (status?.operationState?.retryCount ?? 0) > 0)
  expect(app.status?.operationState?.message).toMatch(/example\.org\/v1.*Retrying attempt #\d+ at \d+:\d\d/)
  const row = app.status?.operationState?.syncResult?.resources?.[0]
  expect(row?.message).toMatch(/Make sure the "Nothing" CRD is installed/)
})

test('INV-09: the hub ends with what the agent saw last, however often it changed', async () => {
  await fleet.app('busy', { 'a.yaml': configMap('a', { v: '0' }) }, { syncPolicy: manual })
  await fleet.patch('busy', { operation: { sync: { syncOptions: ['CreateNamespace=true'] } } })
  await fleet.settled('busy')
  const a = { ...kinds.ConfigMap, namespace: 'busy', name: 'a' }
  const { objects } = fleet.member().cluster
  for (let round = 0; round < 40; round++) await objects.patch(a, { data: { v: String(round % 2) } }, { type: 'merge' })
  await fleet.until('busy', ({ status }) => status?.sync?.status === 'OutOfSync')
  await objects.patch(a, { data: { v: '0' } }, { type: 'merge' })
  await fleet.until('busy', (app) => isSettled(app))
  await fleet.world.hub.objects.delete(refOf(resources.applications, 'argocd', 'busy'))
  // Nothing asked for a deletion of its objects.
  expect(await fleet.live('ConfigMap', 'busy', 'a')).toBeDefined()
})

test('INV-20, T-41: each change by way of the API leaves one event that names who did it', async () => {
  const { objects } = fleet.world.hub
  const about = async () =>
    (await objects.list({ ...resources.events, namespace: 'argocd' })).items
      .filter((event) => (event['involvedObject'] as { name?: string }).name === 'audited')
      .filter((event) => (event['source'] as { component?: string }).component === 'argocd-server')
      .map((event) => event['reason'] as string)
  await fleet.world.git.create('audited', { 'a.yaml': configMap('a') })
  const source = { repoURL: `${fleet.world.git.url}/audited.git`, path: '.', targetRevision: 'main' }
  const app = {
    metadata: { name: 'audited' },
    spec: { project: 'default', source, destination: { name: 'c1', namespace: 'default' } },
  }
  const changes = [
    ['POST', '/api/v1/applications', app],
    ['PUT', '/api/v1/applications/audited/spec', { ...app.spec, revisionHistoryLimit: 3 }],
    ['POST', '/api/v1/applications/audited/sync', {}],
    ['DELETE', '/api/v1/applications/audited?cascade=false', undefined],
  ] as const
  const reasons: string[] = []
  for (const [method, path, body] of changes) {
    expect((await rest.send(method, path, body)).code, path).toBe(200)
    await eventually(
      async () => (await about()).length > reasons.length,
      () => `no event of ${method} ${path}`,
    )
    const now = await about()
    expect(now.length, path).toBe(reasons.length + 1)
    reasons.splice(0, reasons.length, ...now)
  }
  expect(new Set(reasons)).toEqual(
    new Set(['ResourceCreated', 'ResourceUpdated', 'OperationStarted', 'ResourceDeleted']),
  )
  const { items } = await objects.list({ ...resources.events, namespace: 'argocd' })
  const mine = items.filter((event) => (event['source'] as { component?: string }).component === 'argocd-server')
  expect(mine.every((event) => (event['message'] as string).startsWith('admin '))).toBe(true)
})

test('INV-18, T-65: many syncs leave no files open, no folders and no processes behind', async () => {
  await fleet.app('many', { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': configMap('a', { v: '0' }) })
  await fleet.settled('many')
  const sync = async (n: number) => {
    const commit = await fleet.world.git.commit('many', { 'a.yaml': configMap('a', { v: String(n) }) })
    await fleet.settled('many', commit)
  }
  const open = async () => (await readdir('/proc/self/fd')).length
  for (let n = 1; n <= 3; n++) await sync(n)
  const before = await open()
  for (let n = 4; n <= 12; n++) await sync(n)
  expect(await open()).toBeLessThanOrEqual(before + 6)
  expect(await readdir(join(fleet.dir, 'hub', 'work')).catch(() => [])).toEqual([])
})

test('T-27: a forged push and one that is too big are refused; a signed one is believed, as a hint to look', async () => {
  await fleet.app('hooked', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('hooked')
  const secret = refOf(resources.secrets, 'argocd', 'argocd-secret')
  const key = 'webhook.github.secret'
  await fleet.world.hub.objects.patch(secret, { stringData: { [key]: 'sesame' } }, { type: 'merge' })
  const push = (body: string, signature?: string) =>
    request(new URL('/api/webhook', fleet.world.hub.url), {
      method: 'POST',
      dispatcher,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        ...(signature !== undefined && { 'x-hub-signature-256': signature }),
      },
      body,
    }).then(({ statusCode }) => statusCode)
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    after: 'f'.repeat(40),
    repository: { html_url: `${fleet.world.git.url}/hooked`, default_branch: 'main' },
  })
  const sign = (text: string, with_: string) => `sha256=${createHmac('sha256', with_).update(text).digest('hex')}`
  // The devenv's own pushes are not signed: this commit is not told of.
  const commit = await fleet.world.git.commit('hooked', { 'a.yaml': configMap('a', { v: '2' }) })
  await eventually(
    async () => (await push(body)) === 400,
    () => 'the secret is not in force',
  )
  expect(await push(body, sign(body, 'guess'))).toBe(400)
  expect(await push(`${body} `, sign(body, 'sesame'))).toBe(400)
  expect(await push(`"${'x'.repeat(11 * 1024 * 1024)}"`)).toBe(413)
  expect((await fleet.application('hooked'))?.status?.sync?.revision).not.toBe(commit)
  expect(await push(body, sign(body, 'sesame'))).toBe(200)
  // What is deployed is what Git has, not what the push said.
  await fleet.settled('hooked', commit)
  await fleet.world.hub.objects.patch(secret, { data: { [key]: null } }, { type: 'merge' })
})
