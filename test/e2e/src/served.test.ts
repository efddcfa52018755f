import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, FleetWorld } from './fleet-world.ts'

/** INV-12: charts are made for what a cluster serves, and for nothing else while nobody has asked it yet. */
let fleet: FleetWorld
const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: asks\nversion: 1.0.0\n',
  'templates/a.yaml': [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata: {name: asks}',
    'data:',
    '  version: {{ .Capabilities.KubeVersion.Version | quote }}',
    '  knobs: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}',
    '  kind: {{ .Capabilities.APIVersions.Has "example.com/v1/Knob" | quote }}',
    '',
  ].join('\n'),
}
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'knobs.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'knobs', singular: 'knob', kind: 'Knob' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}
const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }
const made = async () => (await fleet.live('ConfigMap', 'asks', 'asks'))?.['data'] as Record<string, string> | undefined

beforeAll(async () => {
  fleet = await FleetWorld.open()
  await fleet.app('asks', chart)
  // Something whose kind is not served has definitions followed.
  const knob = JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Knob', metadata: { name: 'a' } })
  await fleet.app('knobs', { 'a.yaml': knob })
})
afterAll(() => fleet[Symbol.asyncDispose]())

test('a chart is made anew when the cluster serves what it asks for', async () => {
  await fleet.untilLive(
    ['ConfigMap', 'asks', 'asks'],
    (live) => (live?.['data'] as { knobs?: string })?.knobs === 'false',
  )
  await fleet.member().cluster.objects.create(definitions, definition)
  await fleet.untilLive(
    ['ConfigMap', 'asks', 'asks'],
    (live) => (live?.['data'] as { knobs?: string })?.knobs === 'true',
  )
  expect(await made()).toEqual({ version: expect.stringMatching(/^v1\.\d+/) as string, knobs: 'true', kind: 'true' })
})

test('INV-12, F-01: a hub that is restarted while the agent is away makes the same manifests', async () => {
  await fleet.settled('asks')
  await eventually(
    () => fleet.world.hub.fleet.presence('c1').facts?.apis?.includes('example.com/v1/Knob') === true,
    () => JSON.stringify(fleet.world.hub.fleet.presence('c1')),
  )
  const { generation, bundle } = fleet.member().agent?.cache.assignment('argocd/asks') ?? {}
  fleet.member().link.cut()
  await fleet.world.stopHub()
  await fleet.world.startHub()
  await fleet.patch('asks', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  await fleet.until('asks', ({ metadata }) => metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined)
  fleet.member().link.restore()
  await fleet.settled('asks')
  const after = fleet.member().agent?.cache.assignment('argocd/asks')
  expect([after?.bundle, (after?.generation ?? 0) >= (generation ?? 0)]).toEqual([bundle, true])
})
