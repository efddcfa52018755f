import { request } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import { configMap, eventually, FleetWorld, isSettled } from './fleet-world.ts'

/** A cluster that does not answer the agent beside it: nothing that was seen of it before is shown as if it were so. */
let fleet: FleetWorld
let session: string
const cluster = () => fleet.member().cluster

beforeAll(async () => {
  fleet = await FleetWorld.open()
  await fleet.app('base', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('base')
  const login = await api<{ token: string }>('/session', { username: 'admin', password: 'e2e-password' })
  session = login.token
})
afterAll(() => fleet[Symbol.asyncDispose]())

async function api<T>(path: string, body?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const url = new URL(`/api/v1${path}`, fleet.world.hub.url)
    const sent = request(
      url,
      {
        method: body ? 'POST' : 'GET',
        rejectUnauthorized: false,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${session}` },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => (text += part))
        answer.on('end', () => resolve(JSON.parse(text) as T))
      },
    )
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

interface ShownCluster {
  readonly connectionState: { readonly status: string; readonly message: string }
}
const shown = async () => (await api<ShownCluster>('/clusters/c1?id.type=name')).connectionState

/** Waits until one more Event beside the cluster's Secret says so than did before. */
async function told(reason: string, before: number): Promise<void> {
  await eventually(
    async () => (await events(reason)) === before + 1,
    () => `no more events of ${reason} than ${before}`,
  )
}

async function events(wanted: string): Promise<number> {
  const { items } = await fleet.world.hub.objects.list({ ...resources.events, namespace: controlNamespace })
  return items.filter(({ type, reason, involvedObject }) => {
    return (involvedObject as { kind: string }).kind === 'Secret' && `${String(type)} ${String(reason)}` === wanted
  }).length
}

function goDown(effect: Parameters<ReturnType<typeof cluster>['faults']['add']>[0]['effect']): void {
  cluster().faults.add({ match: {}, effect })
  cluster().faults.add({ match: { path: /./ }, effect })
  cluster().cutWatches()
}

test.each([
  ['cuts every connection', { kind: 'reset' } as const, /has not answered since \S+: /],
  ['answers 500', { kind: 'error', code: 500 } as const, /the API server answers 500/],
  ['does not know the agent any more', { kind: 'error', code: 401 } as const, /does not accept the agent's credential/],
])(
  'INV-09, F-30: an API server that %s is shown as such within seconds, and nothing of it is Synced or Healthy',
  async (_, effect, message) => {
    const mark = fleet.mark()
    const failed = await events('Warning ConnectionFailed')
    const mended = await events('Normal ConnectionSuccessful')
    goDown(effect)
    const app = await fleet.until(
      'base',
      ({ status }) =>
        status?.sync?.status === 'Unknown' &&
        status.health?.status === 'Unknown' &&
        message.test(status.conditions?.[0]?.message ?? ''),
    )
    const [condition] = app.status?.conditions ?? []
    expect(condition?.type).toBe('ComparisonError')
    expect(condition?.message).toMatch(/^Failed to load live state: cluster "c1" has not answered since \S+: /)
    expect(condition?.message).toMatch(message)
    expect(app.status?.resources?.map(({ status, health }) => [status, health?.status ?? 'Unknown'])).toEqual([
      ['Unknown', 'Unknown'],
    ])
    const { status, message: said } = await shown()
    expect(status).toBe('Failed')
    expect(said).toMatch(/^not answering since \S+: /)
    await told('Warning ConnectionFailed', failed)

    // It recovers by itself, and nothing is written for it.
    cluster().faults.clear()
    await fleet.until('base', (back) => isSettled(back) && back.status?.conditions === undefined)
    expect((await shown()).status).toBe('Successful')
    expect(fleet.writes('c1', mark)).toEqual([])
    await told('Normal ConnectionSuccessful', mended)
  },
)

test('D7: a hub that is restarted while a cluster does not answer shows no green in between', async () => {
  goDown({ kind: 'reset' })
  await fleet.until('base', ({ status }) => status?.sync?.status === 'Unknown')
  await fleet.world.stopHub()
  await fleet.world.startHub()
  const seen = new Set<string>()
  await eventually(
    async () => {
      const app = await fleet.application('base')
      seen.add(`${app?.status?.sync?.status} ${app?.status?.health?.status}`)
      return fleet.world.hub.fleet.presence('c1').trouble !== undefined
    },
    () => [...seen].join(),
  )
  const app = await fleet.until('base', ({ status }) => status?.conditions?.[0]?.type === 'ComparisonError')
  seen.add(`${app.status?.sync?.status} ${app.status?.health?.status}`)
  expect([...seen]).toEqual(['Unknown Unknown'])
  cluster().faults.clear()
  await fleet.settled('base')
})

test('D7: an agent that starts while its cluster does not answer says so', async () => {
  await fleet.member().leave()
  goDown({ kind: 'reset' })
  await fleet.member().join()
  await eventually(
    () => fleet.world.hub.fleet.presence('c1').trouble !== undefined,
    () => JSON.stringify(fleet.world.hub.fleet.presence('c1')),
  )
  cluster().faults.clear()
  await fleet.settled('base')
  await eventually(
    () => fleet.world.hub.fleet.presence('c1').facts?.clusterUid !== undefined,
    () => JSON.stringify(fleet.world.hub.fleet.presence('c1')),
  )
})

test('F-33: an application of a kind that cannot be listed is Unknown and says why; others are not', async () => {
  await fleet.app('other', {
    'a.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }),
  })
  await fleet.settled('other')
  cluster().faults.add({ match: { verb: 'list', resource: 'secrets' }, effect: { kind: 'deny' } })
  cluster().faults.add({ match: { verb: 'watch', resource: 'secrets' }, effect: { kind: 'gone' } })
  cluster().cutWatches()
  const app = await fleet.until('other', ({ status }) => status?.sync?.status === 'Unknown')
  expect(app.status?.health?.status).toBe('Unknown')
  expect(app.status?.conditions?.[0]?.message).toMatch(
    /^Failed to load live state: failed to load initial state of resource Secret: secrets .*forbidden/,
  )
  const { status, message } = await shown()
  expect([status, message]).toEqual([
    'Successful',
    expect.stringMatching(/^cannot see Secret in other: secrets .*forbidden/),
  ])
  expect(isSettled((await fleet.application('base'))!)).toBe(true)
  cluster().faults.clear()
  await fleet.settled('other')
  await eventually(
    async () => (await shown()).message === '',
    () => 'still told',
  )
})
