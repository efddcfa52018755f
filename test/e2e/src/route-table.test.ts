import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { pathOf, type RouteDeclaration } from '@flotilla/shared/api/route'
import { routes } from '@flotilla/shared/api/routes'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { restWorld, type RestWorld } from './rest-world.ts'

let world: RestWorld
let nobody: string
const table = Object.entries<RouteDeclaration>(routes)
const secret = 'no-rights-at-all'

/** Every hole of every path, by what stands in the world below. */
const holes: Record<string, string> = {
  name: 'default', id: 'in-cluster', repo: 'http://127.0.0.1:1/r.git', url: 'http://127.0.0.1:1/', project: 'default',
  role: 'ci', iat: '1', revision: 'HEAD', podName: 'p', resource: 'applications', action: 'get', '*': 'default/a',
  keyID: '0123456789ABCDEF',
} // prettier-ignore

/** Bodies that name what a route needs to know before it can ask the policy. */
const bodies: Partial<Record<string, unknown>> = {
  createApplication: { metadata: { name: 'new' }, spec: { project: 'default', destination: {} } },
  createApplicationSet: { metadata: { name: 'new' }, spec: { generators: [], template: {} } },
  generate: { applicationSet: { metadata: { name: 'new' }, spec: { generators: [], template: {} } } },
  createProject: { project: { metadata: { name: 'new' }, spec: {} } },
  updateProject: { project: { metadata: { name: 'default' }, spec: {} } },
  rollback: { id: 0 },
  createRepository: { repo: 'http://127.0.0.1:1/new.git' },
  createWriteRepository: { repo: 'http://127.0.0.1:1/new.git' },
  createRepoCreds: { url: 'http://127.0.0.1:1/new' },
  createWriteRepoCreds: { url: 'http://127.0.0.1:1/new' },
  appDetails: { source: { repoURL: 'http://127.0.0.1:1/r.git' } },
  manifestsWithFiles: { query: { name: 'default' } },
}

const create = (
  kind: typeof resources.secrets | typeof resources.applications | typeof resources.applicationSets,
  object: KubeObject,
) => world.hub.objects.create({ ...kind, namespace: controlNamespace }, object)

beforeAll(async () => {
  world = await restWorld()
  const { objects } = world.hub
  const metadata = { name: 'default', namespace: controlNamespace }
  const secretOf = (name: string, type: string, url: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: controlNamespace, labels: { 'argocd.argoproj.io/secret-type': type } },
    stringData: { url },
  })
  await create(resources.secrets, secretOf('repo', 'repository', holes['repo'] ?? ''))
  await create(resources.secrets, secretOf('creds', 'repo-creds', holes['url'] ?? ''))
  await create(resources.applications, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata,
    spec: { project: 'default', destination: { name: 'in-cluster' }, source: { repoURL: holes['repo'], path: '.' } },
  })
  await create(resources.applicationSets, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata,
    spec: {
      generators: [],
      template: { metadata: { name: 'x' }, spec: { project: 'default', destination: {}, source: { repoURL: 'x' } } },
    },
  })
  const map = (name: string) => ({ ...resources.configMaps, namespace: controlNamespace, name })
  await objects.patch(map('argocd-cm'), { data: { 'accounts.nobody': 'login' } }, { type: 'merge' })
  const admin = await world.login('admin', 'admin-password')
  await vi.waitFor(
    async () => {
      const body = { name: 'nobody', currentPassword: 'admin-password', newPassword: secret }
      const answer = await world.call('PUT', '/api/v1/account/password', { token: admin, body })
      expect(answer.text).toBe('{}')
    },
    { timeout: 20_000 },
  )
  nobody = await world.login('nobody', secret)
}, 30_000)

afterAll(() => world.stop())

const call = (name: string, route: RouteDeclaration, token?: string, filled = holes) =>
  world.call(route.method, `/api${pathOf(route, filled)}`, { token, body: bodies[name] })

/** What is not there is refused alike: no name can be guessed. */
const nowhere = Object.fromEntries(
  Object.entries(holes).map(([hole, value]) => [hole, /^(\w+)$/.test(value) ? `no-${value}` : `${value}-none`]),
)

const needing = (...kinds: string[]) => table.filter(([, route]) => kinds.includes(route.permission.kind))

describe('without a session', () => {
  it.each(needing('own', 'each', 'rbac'))('%s is refused', async (name, route) => {
    const answer = await call(name, route)
    const refusal = answer.body['code'] ?? (answer.body['error'] as { grpc_code?: number } | undefined)?.grpc_code
    expect([answer.status, refusal]).toEqual([401, 16])
  })
})

describe('without rights', () => {
  it('everything that takes one is refused, and nothing is changed', async () => {
    const before = (await world.hub.objects.list(resources.secrets)).revision
    const wrong: string[] = []
    for (const [name, route] of needing('rbac')) {
      for (const filled of [holes, { ...nowhere, resource: 'applications' }]) {
        const answer = await call(name, route, nobody, filled)
        if (answer.status !== 403) wrong.push(`${name}: ${answer.status} ${answer.text}`)
      }
    }
    expect(wrong).toEqual([])
    expect((await world.hub.objects.list(resources.secrets)).revision).toBe(before)
  })

  it('lists hold nothing', async () => {
    const wrong: string[] = []
    for (const [name, route] of needing('each')) {
      if (route.stream) continue
      const answer = await call(name, route, nobody)
      // Everybody may see an account of their own.
      const items = ((answer.body['items'] ?? []) as { name?: string }[]).filter((each) => each.name !== 'nobody')
      if (answer.status !== 200 || items.length > 0) wrong.push(`${name}: ${answer.status} ${answer.text}`)
    }
    expect(wrong).toEqual([])
  })
})

it.each(needing('public'))('%s is served to anyone', async (name, route) => {
  const answer = await world.call(route.method, `/api${route.path}`, name === 'login' ? { body: {} } : {})
  expect(answer.status).toBe(name === 'login' ? 401 : 200)
})

it('every route that is declared is served, and knows no other method', async () => {
  const token = await world.login('admin', 'admin-password')
  const missing: string[] = []
  for (const [name, route] of table) {
    if (route.stream || name === 'logout' || name === 'deleteCluster' || name === 'revoke') continue
    const answer = await call(name, route, token)
    if (answer.type.startsWith('text/plain')) missing.push(`${name}: ${answer.text}`)
  }
  expect(missing).toEqual([])
})
