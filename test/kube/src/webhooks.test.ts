import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createCluster, type Cluster } from './cluster.ts'
import { resources } from './machinery/resources.ts'
import {
  jsonPatchReply,
  webhookServer,
  type Reply,
  type ReviewRequest,
  type WebhookServer,
} from './testing/webhook-server.ts'

const group = 'admissionregistration.k8s.io'
const kinds = { validating: 'validatingwebhookconfigurations', mutating: 'mutatingwebhookconfigurations' } as const
type Kind = keyof typeof kinds

let cluster: Cluster
let port = 0
const servers: WebhookServer[] = []
const configured: { readonly kind: Kind; readonly name: string }[] = []
let count = 0

beforeAll(async () => {
  cluster = await createCluster({
    clock: realClock,
    random: realRandom,
    controllers: false,
    services: (namespace, name) =>
      Promise.resolve(
        name === 'hook' && namespace === 'a' ? { host: '127.0.0.1', port } : `service "${name}" not found`,
      ),
  })
  await cluster.objects.create(resources.namespaces, named('Namespace', 'a'))
})

afterEach(async () => {
  for (const { kind, name } of configured.splice(0))
    await cluster.objects.delete({ group, version: 'v1', resource: kinds[kind], name })
  for (const server of servers.splice(0)) await server.close()
})

afterAll(() => cluster.close())

const named = (kind: string, name: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...more,
})

async function serve(reply: (request: ReviewRequest) => Reply): Promise<WebhookServer> {
  const server = await webhookServer(reply)
  servers.push(server)
  return server
}

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }

async function configure(kind: Kind, server: WebhookServer, change: object = {}): Promise<void> {
  const name = `w${(count += 1)}`
  const webhook = {
    name: `${name}.b.c`,
    clientConfig: { url: server.url, caBundle: server.bundle },
    sideEffects: 'None',
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
    rules: [rule],
    ...change,
  }
  const ref = { group, version: 'v1', resource: kinds[kind] }
  await cluster.objects.create(ref, { apiVersion: `${group}/v1`, kind: '', metadata: { name }, webhooks: [webhook] })
  configured.push({ kind, name })
}

const configMaps = { ...resources.configMaps, namespace: 'a' }
const create = (name: string, more: object = {}): Promise<KubeObject> =>
  cluster.objects.create(configMaps, named('ConfigMap', name, more))

async function refusal(name: string, more: object = {}): Promise<StatusError> {
  try {
    await create(name, more)
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a validating webhook', () => {
  test('refuses in its own words', async () => {
    const server = await serve(() => ({
      allowed: false,
      status: { message: 'not today', code: 418, reason: 'Teapot' },
    }))
    await configure('validating', server)
    expect((await refusal('x')).status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `admission webhook "w${count}.b.c" denied the request: not today`,
      reason: 'Teapot',
      code: 418,
    })
    expect(server.asked[0]).toMatchObject({
      operation: 'CREATE',
      name: 'x',
      namespace: 'a',
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      userInfo: { username: 'system:apiserver' },
      oldObject: null,
    })
  })

  test('without words refuses all the same', async () => {
    await configure('validating', await serve(() => ({ allowed: false })))
    expect((await refusal('x')).status).toMatchObject({
      code: 400,
      message: `admission webhook "w${count}.b.c" denied the request without explanation`,
    })
  })

  const nonsense: readonly (readonly [Reply, string])[] = [
    ['no JSON', "failed to call webhook: couldn't get version/kind; json parse error: "],
    [{ allowed: true, uid: 'other' }, 'received invalid webhook response: expected response.uid='],
    [{ allowed: true, patchType: 'JSONPatch', patch: 'W10=' }, 'validating webhook may not return response.patch'],
  ]
  test.each(nonsense)('that answers %o fails', async (reply, why) => {
    await configure('validating', await serve(() => reply))
    const { status } = await refusal('x')
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' })
    expect(status.message).toContain(`Internal error occurred: failed calling webhook "w${count}.b.c": `)
    expect(status.message).toContain(why)
  })

  test('that nobody trusts fails, unless failures are ignored', async () => {
    const server = await serve(() => ({ allowed: true }))
    await configure('validating', server, { clientConfig: { url: server.url } })
    expect((await refusal('x')).message).toContain(
      `Post "${server.url}?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    )
    await configure('validating', server, { clientConfig: { url: server.url }, failurePolicy: 'Ignore' })
    await cluster.objects.delete({
      group,
      version: 'v1',
      resource: kinds.validating,
      name: configured.shift()?.name ?? '',
    })
    await create('ignored')
  })

  test('that never answers is given up', async () => {
    await configure('validating', await serve(() => undefined), { timeoutSeconds: 1 })
    expect((await refusal('x')).message).toContain('?timeout=1s": context deadline exceeded')
  })

  test('is found by its service', async () => {
    const server = await serve(() => ({ allowed: false }))
    port = server.port
    const clientConfig = { service: { namespace: 'a', name: 'hook', path: '/review' }, caBundle: server.bundle }
    await configure('validating', server, { clientConfig })
    expect((await refusal('x')).message).toContain('denied the request')
  })

  test('of a service that is not there fails', async () => {
    const server = await serve(() => ({ allowed: true }))
    await configure('validating', server, { clientConfig: { service: { namespace: 'a', name: 'none' } } })
    expect((await refusal('x')).message).toContain(
      'failed to call webhook: Post "https://none.a.svc:443/?timeout=5s": service "none" not found',
    )
  })

  test('sees only what it selects', async () => {
    const server = await serve(() => ({ allowed: false }))
    await configure('validating', server, { objectSelector: { matchLabels: { guarded: 'yes' } } })
    await configure('validating', server, { namespaceSelector: { matchLabels: { guarded: 'yes' } } })
    const matchConditions = [{ name: 'c', expression: "request.name == 'other'" }]
    await configure('validating', server, { matchConditions })
    await create('free')
    expect(server.asked).toEqual([])
  })

  test('sees other versions as its rule has them', async () => {
    const server = await serve(() => ({ allowed: false, status: { message: 'seen' } }))
    const rules = [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }]
    await configure('validating', server, { rules })
    const spec = { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } }
    const ref = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', namespace: 'a' }
    const object = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec }
    await expect(cluster.objects.create(ref, object)).rejects.toThrow('seen')
    expect(server.asked[0]).toMatchObject({
      kind: { version: 'v1' },
      requestKind: { version: 'v2' },
      object: { apiVersion: 'autoscaling/v1' },
    })
  })

  test('is told of deletions and dry runs', async () => {
    const server = await serve(() => ({ allowed: true }))
    await create('gone')
    await configure('validating', server)
    await cluster.objects.delete({ ...configMaps, name: 'gone' })
    await cluster.objects.create(configMaps, named('ConfigMap', 'dry'), { dryRun: true })
    expect(server.asked.map(({ operation, dryRun, object }) => [operation, dryRun, object === null])).toEqual([
      ['DELETE', false, true],
      ['CREATE', true, false],
    ])
  })
})

describe('a mutating webhook', () => {
  test('changes the object, which nobody then owns', async () => {
    const add = { op: 'add', path: '/data', value: { added: '1' } }
    await configure('mutating', await serve(() => jsonPatchReply(add)))
    const made = await create('patched')
    expect(made['data']).toEqual({ added: '1' })
    expect(JSON.stringify(made.metadata.managedFields ?? [])).not.toContain('added')
  })

  test('runs again where a later one changed the object, if it wants to', async () => {
    const size = ({ object }: ReviewRequest): string => String(Object.keys((object?.['data'] ?? {}) as object).length)
    const counter = await serve((request) =>
      jsonPatchReply({ op: 'add', path: '/metadata/labels', value: { size: size(request) } }),
    )
    const adder = await serve(() => jsonPatchReply({ op: 'add', path: '/data/more', value: '1' }))
    await configure('mutating', counter, { reinvocationPolicy: 'IfNeeded' })
    await configure('mutating', adder)
    const made = await create('twice', { data: { a: '1' } })
    expect(made.metadata.labels).toEqual({ size: '2' })
    expect([counter.asked.length, adder.asked.length]).toEqual([2, 1])
  })

  test('that sends a patch of no known kind fails', async () => {
    const patch = Buffer.from('[{"op":"add"}]').toString('base64')
    await configure('mutating', await serve(() => ({ allowed: true, patch })))
    expect((await refusal('x')).message).toContain('webhook returned response.patch but not response.patchType')
  })
})
