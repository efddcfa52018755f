import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createCluster, type Cluster } from './cluster.ts'

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }
const definition = (plural: string, kind: string): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.ex.io` },
  spec: {
    group: 'ex.io',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ clock: realClock, random: realRandom })
})
afterAll(() => cluster.close())

const conditions = (object: KubeObject): unknown[] =>
  (object['status'] as { conditions: { type: string; status: string; reason: string }[] } | undefined)?.conditions.map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  ) ?? []

test('a definition waits for the finalizers of its objects, serves them, and takes no new ones', async () => {
  const { objects } = cluster
  const ref = { ...definitions, name: 'things.ex.io' }
  const things = { group: 'ex.io', version: 'v1', resource: 'things', namespace: 'default' }
  const thing = (name: string, finalizers: string[] = []): KubeObject => ({
    apiVersion: 'ex.io/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'default', finalizers },
  })
  await objects.create(definitions, definition('things', 'Thing'))
  await vi.waitFor(() => objects.create(things, thing('held', ['ex.io/hold'])))
  await objects.create(things, thing('free'))

  await objects.delete(ref)
  await vi.waitFor(async () => expect((await objects.list(things)).items).toHaveLength(1))
  expect(conditions(await objects.get(ref))).toContain('Terminating True InstanceDeletionInProgress')
  const held = await objects.get({ ...things, name: 'held' })
  expect(held.metadata.deletionTimestamp).toBeDefined()
  await expect(objects.create(things, thing('new'))).rejects.toThrow(
    'things.ex.io "new" is forbidden: create not allowed while custom resource definition is terminating',
  )

  await objects.update({ ...things, name: 'held' }, { ...held, metadata: { ...held.metadata, finalizers: [] } })
  await vi.waitFor(() => expect(objects.get(ref)).rejects.toThrow('not found'))
  await vi.waitFor(() => expect(objects.list(things)).rejects.toThrow())
})

test('a definition that others hold is told of as empty, and served on', async () => {
  const { objects } = cluster
  const ref = { ...definitions, name: 'others.ex.io' }
  const made = definition('others', 'Other')
  // A finalizer of a definition may lack a path.
  await objects.create(definitions, { ...made, metadata: { ...made.metadata, finalizers: ['hold.ex.io'] } })
  await vi.waitFor(async () =>
    expect(conditions(await objects.get(ref))).toContain('Established True InitialNamesAccepted'),
  )
  await objects.delete(ref)
  await vi.waitFor(async () =>
    expect(conditions(await objects.get(ref))).toContain('Terminating False InstanceDeletionCompleted'),
  )
  expect((await objects.get(ref)).metadata.finalizers).toEqual(['hold.ex.io'])
  expect((await objects.list({ group: 'ex.io', version: 'v1', resource: 'others' })).items).toEqual([])
})
