import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '@flotilla/hub/store/open'
import type { Json } from '@flotilla/hub/store/records'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { configMap, FleetWorld, isSettled } from './fleet-world.ts'
import { restOf } from './rest.ts'

/** Objects and records that no API would take, as a database edited by hand, or by another release, might have them. */
let fleet: FleetWorld
beforeAll(async () => {
  fleet = await FleetWorld.open()
  await fleet.app('good', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.app('kept', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('good')
  await fleet.settled('kept')
})
afterAll(() => fleet[Symbol.asyncDispose]())

const garbage: readonly unknown[] = [undefined, null, 5, 'text', [], [null], { '': null }]
const of = (value: unknown) => ({ text: value, nested: { deeper: value } })

/** An object of a kind, and its variants with garbage in each place that matters. */
function poisons(apiVersion: string, kind: string, places: Readonly<Record<string, unknown>>): KubeObject[] {
  return Object.keys(places).flatMap((place) =>
    garbage.map((value, index) => {
      const name = `poison-${place.toLowerCase()}-${index}`
      return {
        apiVersion,
        kind,
        metadata: { name, namespace: 'argocd', uid: name },
        ...places,
        [place]: value,
      } as KubeObject
    }),
  )
}

const argo = 'argoproj.io/v1alpha1'
const source = { repoURL: 'https://git.example/x.git', path: '.' }
const spec = { project: 'default', source, destination: { name: 'c1', namespace: 'x' } }
const inSpec = (kind: string, places: Readonly<Record<string, unknown>>): KubeObject[] =>
  Object.keys(places).flatMap((place) =>
    garbage.map((value, index) => {
      const name = `poison-spec-${place.toLowerCase()}-${index}`
      const metadata = { name, namespace: 'argocd', uid: name }
      return { apiVersion: argo, kind, metadata, spec: { ...places, [place]: value } } as KubeObject
    }),
  )
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(of(value)) ?? '').toString('base64')
const secrets = ['cluster', 'repository', 'repo-creds'].flatMap((type) =>
  garbage.flatMap((value, index) =>
    [
      { name: base64(value), server: base64(value), url: base64(value), config: base64(value), project: '%%' },
      value,
    ].map((data, form): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `poison-${type}-${index}-${form}`,
        namespace: 'argocd',
        uid: `${type}-${index}-${form}`,
        labels: { 'argocd.argoproj.io/secret-type': type },
      },
      data,
    })),
  ),
)

test('F-08, T-62: whatever lies in the database the hub starts, and keeps doing what can be done', async () => {
  await fleet.world.stopHub()
  const store = await openStore(join(fleet.dir, 'hub', 'store'))
  const put = async (resource: string, objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) {
      const { name = '', namespace = '' } = object.metadata
      await store.objects.create({ resource, namespace, name }, object)
    }
  }
  await put('applications.argoproj.io', [
    ...poisons(argo, 'Application', { spec, status: {}, operation: {} }),
    ...inSpec('Application', { ...spec, sources: [source], syncPolicy: {}, ignoreDifferences: [], info: [] }),
  ])
  await put('applicationsets.argoproj.io', [
    ...poisons(argo, 'ApplicationSet', {
      spec: { generators: [{ list: { elements: [] } }], template: {} },
      status: {},
    }),
    ...inSpec('ApplicationSet', {
      generators: [{ list: {} }],
      template: { metadata: {}, spec },
      strategy: {},
      syncPolicy: {},
    }),
  ])
  await put('appprojects.argoproj.io', [
    ...poisons(argo, 'AppProject', { spec: {}, status: {} }),
    ...inSpec('AppProject', {
      sourceRepos: [],
      destinations: [],
      roles: [],
      syncWindows: [],
      clusterResourceWhitelist: [],
    }),
  ])
  await put('secrets', secrets)
  const records = ['fleet-reports', 'fleet-agent', 'fleet-join', 'assignment', 'report', 'superseded-run']
  for (const kind of records)
    for (const [index, value] of garbage.entries())
      await store.records.put(kind, `argocd/p-${index}`, (value ?? null) as Json)
  const kept = { resource: 'applications.argoproj.io', namespace: 'argocd', name: 'kept' }
  const before = await store.objects.get(kept)
  await store.objects.update(kept, { ...before?.object, spec: null } as unknown as KubeObject, before?.revision ?? '')
  await store.close()

  await fleet.world.startHub()
  const commit = await fleet.world.git.commit('good', { 'a.yaml': configMap('a', { v: '2' }) })
  const app = await fleet.settled('good', commit)
  expect(isSettled(app, commit)).toBe(true)

  // What cannot be read can be seen, and taken away.
  const rest = await restOf(fleet.world.hub.url, 'e2e-password')
  for (const path of ['applications', 'applicationsets', 'projects', 'clusters', 'repositories', 'repocreds'])
    expect([path, (await rest.get(`/api/v1/${path}`)).code]).toEqual([path, 200])
  const { items } = await fleet.world.hub.objects.list({ ...resources.applications, namespace: 'argocd' })
  for (const { metadata } of items.filter(({ metadata }) => metadata.name?.startsWith('poison')))
    await fleet.world.hub.objects.delete(refOf(resources.applications, 'argocd', metadata.name ?? ''))

  // Its cluster keeps what it was told last of an application that cannot be read.
  await fleet
    .member()
    .cluster.objects.delete({ group: '', version: 'v1', resource: 'configmaps', namespace: 'kept', name: 'a' })
  await fleet.untilLive(['ConfigMap', 'kept', 'a'], (object) => object !== undefined)
}, 60_000)
