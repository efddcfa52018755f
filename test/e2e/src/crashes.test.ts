import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectionFromKubeconfig } from '@flotilla/agent/cluster/auth'
import { createClusterClient, type Cluster as Client } from '@flotilla/agent/cluster/client'
import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { createCluster, type Cluster } from '@flotilla/test-kube/cluster'
import { configMap, eventually, isSettled, job, kinds, summary } from './fleet-world.ts'
import { buildPrograms, canHaveDisks, Program } from './programs.ts'
import { restOf } from './rest.ts'

/** Hub and agent as processes that are killed with SIGKILL while an operation runs. */
const wave = (n: number) => ({ 'argocd.argoproj.io/sync-wave': String(n) })
const hook = (phase: string, policy = 'BeforeHookCreation') => ({
  'argocd.argoproj.io/hook': phase,
  'argocd.argoproj.io/hook-delete-policy': policy,
})
const files = {
  'pre.yaml': job('pre', hook('PreSync')),
  'mid.yaml': job('mid', hook('Sync')),
  'post.yaml': job('post', hook('PostSync', 'HookSucceeded')),
  ...Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`c${n}.yaml`, configMap(`c${n}`, { v: '1' }, wave(Math.floor(n / 4)))]),
  ),
}
const applications = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'
const token = async (url: string): Promise<string> => {
  const rest = await restOf(url, 'pw')
  const { text } = await rest.send('POST', '/api/v1/clusters/c1/enrolment', {})
  return (JSON.parse(text) as { token: string }).token
}

let dir: string
let git: GitServer
let cluster: Cluster
let hub: Program
let agent: Program
let client: Client
let made: { name: string; uid: string }[]

beforeAll(buildPrograms)
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-crash-'))
  git = await startGitServer({ root: join(dir, 'git') })
  cluster = await createCluster({
    clock: realClock,
    random: realRandom,
    nodes: 1,
    pace: { startMs: 20, runMs: 30, stopMs: 10 },
  })
  await writeFile(join(dir, 'c1.kubeconfig'), cluster.kubeconfig)
  await cluster.objects.create(kinds.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'crash' } })
  made = []
  const note = (resource: typeof kinds.Job | typeof kinds.ConfigMap) =>
    cluster.objects.watch({ ...resource, namespace: 'crash' }, '0', (event) => {
      if (event.type !== 'ADDED') return
      const { name = '', uid = '' } = event.object.metadata
      if (!made.some((one) => one.uid === uid) && name !== 'kube-root-ca.crt') made.push({ name, uid })
    })
  note(kinds.Job)
  note(kinds.ConfigMap)

  hub = new Program('hub-process', [join(dir, 'hub'), '0'])
  const url = await hub.start()
  const { port } = new URL(url)
  await hub.kill()
  hub = new Program('hub-process', [join(dir, 'hub'), port])
  await hub.start()
  hub.kills = 0
  client = createClusterClient({
    connection: await connectionFromKubeconfig(join(dir, 'hub/kubeconfig'), { allowExec: false }),
    clock: realClock,
    random: realRandom,
  })
  await client.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/argocd/configmaps/argocd-cm',
    contentType: 'application/merge-patch+json',
    body: { data: { 'controller.sync.wave.delay.seconds': '0' } },
  })
  const args = [
    '--hub',
    url,
    '--token',
    await token(url),
    '--kubeconfig',
    join(dir, 'c1.kubeconfig'),
    '--state',
    join(dir, 'agent'),
  ]
  agent = new Program('agent-process', args)
  await agent.start()
})
afterEach(async () => {
  await Promise.all([hub.kill(), agent.kill(), client.close()])
  await Promise.all([cluster.close(), git.close()])
  await rm(dir, { recursive: true, force: true })
})

async function createApp(
  content: Readonly<Record<string, string>> = files,
  syncPolicy?: Record<string, unknown>,
): Promise<void> {
  const body = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'crash', namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: await git.create('crash', content), path: '.', targetRevision: 'main' },
      destination: { name: 'c1', namespace: 'crash' },
      ...(syncPolicy && { syncPolicy }),
    },
    ...(syncPolicy ? {} : { operation: { sync: { prune: true } } }),
  }
  await client.request({ method: 'POST', path: applications, body })
}

const read = async (): Promise<Application | undefined> => {
  const answer = await client.request({ method: 'GET', path: `${applications}/crash` }).catch(() => undefined)
  return answer && (JSON.parse(answer.text) as KubeObject as Application)
}

/** The end is as it would have been without any kill. */
async function expectUndisturbedEnd(): Promise<void> {
  let app: Application | undefined
  await eventually(
    async () => {
      app = await read()
      return app !== undefined && isSettled(app)
    },
    () => summary(app),
    240_000,
  )
  expect(app?.status?.history).toHaveLength(1)
  const names = made.map(({ name }) => name)
  // Each hook once, each object once, in the order of phases and waves.
  expect(names.toSorted()).toEqual(
    Object.keys(files)
      .map((file) => file.replace('.yaml', ''))
      .toSorted(),
  )
  expect(names[0]).toBe('pre')
  expect(names.at(-1)).toBe('post')
  const waves = names.filter((name) => name.startsWith('c')).map((name) => Math.floor(Number(name.slice(1)) / 4))
  expect(waves).toEqual(waves.toSorted((a, b) => a - b))
  await eventually(
    async () =>
      (await cluster.objects.list({ ...kinds.Job, namespace: 'crash' })).items.every(
        ({ metadata }) => metadata.name !== 'post',
      ),
    () => 'the hook that was to go is still there',
  )
}

test('F-01, F-03, INV-03, INV-04, INV-05, INV-10: hub and agent killed at twenty points of one operation run no hook twice and end it in order', async () => {
  let point = 0
  // One point after another: while one of the two is down, what the other does waits.
  let busy: Promise<unknown> = Promise.resolve()
  const strike = async (): Promise<'serve' | 'drop'> => {
    const now = point++
    if (now >= 20) return 'serve'
    if (now % 2 === 0) {
      await hub.kill()
      await hub.start()
      return 'serve'
    }
    await agent.kill()
    void agent.start()
    // The write that it died of has been made, or has not.
    return now % 4 === 1 ? 'drop' : 'serve'
  }
  const call = (): Promise<'serve' | 'drop'> => {
    const next = busy.then(strike)
    busy = next
    return next
  }
  for (const resource of ['jobs.batch', 'configmaps'])
    for (const verb of ['patch', 'delete', 'update'])
      cluster.faults.add({ match: { verb, resource, namespace: 'crash' }, effect: { kind: 'call', call } })
  await createApp()
  await expectUndisturbedEnd()
  expect([hub.kills, agent.kills]).toEqual([10, 10])
}, 300_000)

// Without namespaces of its own there is no disk to fill: `unshare -rm true` has to work.
test.skipIf(!canHaveDisks())(
  'F-18: a hub whose disk is full takes no write that it cannot keep, deletes nothing, and goes on once there is room',
  async () => {
    await Promise.all([hub.kill(), agent.kill(), client.close()])
    const data = join(dir, 'small')
    await mkdir(data)
    hub = new Program('hub-process', [data, '0'], { dir: data, megabytes: 24 })
    const url = await hub.start()
    // Inside the disk of its own, as only that process sees it.
    const inside = join('/proc', String(hub.pid), 'root', data)
    client = createClusterClient({
      connection: await connectionFromKubeconfig(join(inside, 'kubeconfig'), { allowExec: false }),
      clock: realClock,
      random: realRandom,
    })
    const joining = ['--hub', url, '--token', await token(url)]
    agent = new Program('agent-process', [
      ...joining,
      '--kubeconfig',
      join(dir, 'c1.kubeconfig'),
      '--state',
      join(dir, 'agent-small'),
    ])
    await agent.start()
    await createApp(
      { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b') },
      { automated: { prune: true, selfHeal: true } },
    )
    await eventually(
      async () => isSettled((await read()) ?? ({} as Application)),
      () => 'not synced',
      60_000,
    )

    const filler = join(inside, 'filler')
    const full = await open(filler, 'w')
    await expect(
      (async () => {
        for (;;) await full.write(Buffer.alloc(1024 * 1024))
      })(),
    ).rejects.toThrow(/ENOSPC/)
    await full.close()
    const kept: string[] = []
    const write = async (name: string): Promise<boolean> => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(200_000) } }
      const path = '/api/v1/namespaces/argocd/configmaps'
      const done = await client.request({ method: 'POST', path, body }).then(
        () => true,
        () => false,
      )
      if (done) kept.push(name)
      return done
    }
    let refused = 0
    for (let n = 0; n < 40 && refused < 3; n++) if (!(await write(`full-${n}`))) refused++
    expect(refused).toBe(3)
    // The cluster is kept up meanwhile.
    const a = { ...kinds.ConfigMap, namespace: 'crash', name: 'a' }
    await cluster.objects.patch(a, { data: { v: 'drift' } }, { type: 'merge' })
    await eventually(
      async () => ((await cluster.objects.get(a))['data'] as { v: string }).v === '1',
      () => 'not healed',
    )
    await git.commit('crash', { 'a.yaml': configMap('a', { v: '2' }), 'b.yaml': null })

    await rm(filler)
    expect(await write('room')).toBe(true)
    const refresh = { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } }
    const contentType = 'application/merge-patch+json'
    await client.request({ method: 'PATCH', path: `${applications}/crash`, contentType, body: refresh })
    await eventually(
      async () => ((await cluster.objects.get(a))['data'] as { v: string }).v === '2',
      () => 'the commit did not arrive',
      30_000,
    )
    const { text } = await client.request({ method: 'GET', path: '/api/v1/namespaces/argocd/configmaps' })
    const names = (JSON.parse(text) as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name ?? '')
    expect(new Set(names.filter((name) => /^(?:full|room)/.test(name)))).toEqual(new Set(kept))
  },
  300_000,
)
