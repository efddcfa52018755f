import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { flotilla, type Ran } from './command-line.ts'
import { configMap, FleetWorld, yaml } from './fleet-world.ts'
import { restOf, type Rest } from './rest.ts'

/** What manifests would change, as the agent sees it: by rules of jq and of the settings, and by dry runs. */
let fleet: FleetWorld
let rest: Rest
const secret = (password: string) =>
  yaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { password } })
const deployment = (replicas: number) =>
  yaml({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
    },
  })

beforeAll(async () => {
  fleet = await FleetWorld.open()
  rest = await restOf(fleet.world.hub.url, 'e2e-password')
  await fleet.set('argocd-cm', {
    'resource.customizations.ignoreDifferences.apps_Deployment': 'jsonPointers: [/spec/replicas]',
  })
  const ignoreDifferences = [{ kind: 'ConfigMap', jqPathExpressions: ['.data.noise'] }]
  await fleet.app(
    'web',
    { 'a.yaml': configMap('a', { v: '1', noise: '1' }), 'd.yaml': deployment(1), 's.yaml': secret('canary-live') },
    { spec: { ignoreDifferences }, syncPolicy: { automated: {}, syncOptions: ['CreateNamespace=true'] } },
  )
  await fleet.settled('web')
})
afterAll(() => fleet[Symbol.asyncDispose]())

const diff = (...args: string[]): Promise<Ran> =>
  flotilla({ hub: fleet.world.hub.url, dir: fleet.dir, token: rest.token }, ['app', 'diff', 'web', ...args])

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(fleet.dir, 'local')
  await mkdir(dir, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  return dir
}

test('app diff --local: rules of jq and of the settings hold for files of a disk too; Secrets are left out', async () => {
  const same = {
    'a.yaml': configMap('a', { v: '1', noise: '2' }),
    'd.yaml': deployment(3),
    's.yaml': secret('canary-live'),
  }
  expect(await diff('--local', await folder(same))).toEqual({ code: 0, out: '', err: '' })
  const changed = await diff(
    '--local',
    await folder({ ...same, 'a.yaml': configMap('a', { v: '2', noise: '2' }), 's.yaml': secret('canary-local') }),
  )
  expect(changed.code).toBe(1)
  expect(changed.out).toMatch(/===== \/ConfigMap web\/a ======\n[^=]*< +v: "1"\n---\n> +v: "2"/)
  // Nobody here knows their values.
  expect(changed.out).not.toContain('Secret')
  expect(changed.out).not.toContain('noise')
  expect(changed.out).not.toContain('Deployment')
  expect(changed.out).not.toMatch(/canary|Y2FuYXJ5/)
})

test('app diff --server-side-diff: nothing differs where the server would change nothing, and nothing is written', async () => {
  const mark = fleet.mark()
  expect(await diff('--server-side-diff')).toEqual({ code: 0, out: '', err: '' })
  const writes = fleet.world.members.get('c1')?.cluster.requests.slice(mark) ?? []
  expect(writes.filter(({ verb, resource }) => verb === 'patch' && resource === 'configmaps')).not.toEqual([])
  const live = await fleet.live('ConfigMap', 'web', 'a')
  expect(live?.['data']).toEqual({ v: '1', noise: '1' })
})

test('GET server-side-diff answers the prediction beside what is live, in the order of the manifests', async () => {
  const manifests = [configMap('a', { v: '9', noise: '1' }), configMap('other', { v: '1' })]
  const query = new URLSearchParams(manifests.map((text): [string, string] => ['targetManifests', text]))
  const answer = await rest.get(`/api/v1/applications/web/server-side-diff?${query.toString()}`)
  expect(answer.code).toBe(200)
  const { items, modified } = JSON.parse(answer.text) as {
    items: { name: string; targetState: string; liveState: string; modified?: boolean }[]
    modified: boolean
  }
  expect(modified).toBe(true)
  expect(items.map(({ name, modified: one }) => [name, one])).toEqual([
    ['a', true],
    ['other', true],
  ])
  expect(JSON.parse(items[0]?.targetState ?? '')).toMatchObject({ data: { v: '9' } })
  expect(JSON.parse(items[0]?.liveState ?? '')).toMatchObject({ data: { v: '1' } })
  expect(items[1]?.liveState).toBe('null')
})

test('A-018: objects that are not the application’s own are not looked at, whatever manifests name them', async () => {
  const at = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs' }, data: { key: 'canary-theirs' } }
  await fleet.member().cluster.objects.create(at, theirs)
  const mark = fleet.mark()
  const manifests = [yaml({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'default' } })]
  const answer = await rest.send('POST', '/api/v1/applications/web/manifest-diff', { manifests, serverSide: true })
  expect(answer.code).toBe(200)
  expect(answer.text).not.toContain('canary')
  expect(fleet.writes('c1', mark).filter(({ name }) => name === 'theirs')).toEqual([])
  const odd = await rest.send('POST', '/api/v1/applications/web/manifest-diff', { manifests: ['7'] })
  expect(odd.code).toBe(400)
})
