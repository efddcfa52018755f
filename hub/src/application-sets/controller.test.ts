import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { builtinStrategies } from '@flotilla/shared/apiserver/kinds/index'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import { builtinResources } from '@flotilla/shared/apiserver/schema/builtin'
import type { Application } from '@flotilla/shared/argo/application'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import { argoResources } from '@flotilla/shared/argo/served'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clusters } from '../applications/clusters.ts'
import { inCluster } from '../applications/spec-check.ts'
import type { Repositories } from '../git/repository.ts'
import { createApplicationSetController, type ApplicationSetController } from './controller.ts'
import type { ApplicationSetSpec } from './types.ts'

const clock = virtualClock()
const plural = new Set(['namespaces', 'events'])
const start = async () => {
  const { objects } = createApiServer({
    store: new MemoryStore(),
    resources: [...builtinResources(builtinStrategies).filter((row) => plural.has(row.plural)), ...argoResources],
    clock,
    random: seededRandom(1),
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: () => Promise.reject(new Error('nobody')),
    authorize: () => ({ allowed: false }),
  })
  await objects.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } })
  const controller = createApplicationSetController({
    objects,
    clusters: {
      all: () => [],
      byName: () => [],
      byServer: () => inCluster,
      onChange: () => stop,
      stop,
    } as unknown as Clusters,
    repositories: { onMoved: () => stop, interest: () => stop } as unknown as Repositories,
    sources: {
      clusters: () => [],
      directories: async () => [],
      files: async () => new Map(),
      parseYaml,
      now: () => clock.now(),
    },
    clock,
    random: seededRandom(2),
    hasProject: () => true,
    deletePaths: () => Promise.reject(new Error('no jq here')),
    log: { warn: (_fields, message) => expect.fail(message) },
  })
  await controller.start()
  return { objects, controller }
}
const stop = (): void => undefined

let world: Awaited<ReturnType<typeof start>>
let controller: ApplicationSetController
beforeEach(async () => {
  world = await start()
  controller = world.controller
})
afterEach(() => controller.stop())

/** Until nothing is left to do: what is written brings changes, and those more work. */
async function rest(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    await clock.settle()
    await controller.idle()
  }
}

const setRef = refOf(resources.applicationSets, 'argocd', 's')
const appRef = (name: string) => refOf(resources.applications, 'argocd', name)
const app = async (name: string): Promise<Application> =>
  (await world.objects.get(appRef(name))) as unknown as Application
const names = async (): Promise<(string | undefined)[]> =>
  (await world.objects.list({ ...resources.applications, namespace: 'argocd' })).items.map((one) => one.metadata.name)

const template = {
  metadata: { name: '{{name}}', labels: { step: '{{name}}' } },
  spec: {
    project: 'default',
    source: { repoURL: 'r', path: 'p' },
    destination: { server: 'https://kubernetes.default.svc' },
    syncPolicy: { automated: { prune: true } },
  },
} as unknown as NonNullable<ApplicationSetSpec['template']>
const step = (value: string) => ({ matchExpressions: [{ key: 'step', operator: 'In', values: [value] }] })
async function create(spec: Partial<ApplicationSetSpec>, finalizers?: string[]): Promise<void> {
  const generators = [{ list: { elements: [{ name: 'one' }, { name: 'two' }] } }]
  await world.objects.create({ ...resources.applicationSets, namespace: 'argocd' }, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 's', namespace: 'argocd', ...(finalizers ? { finalizers } : {}) },
    spec: { generators, template, ...spec },
  } as KubeObject)
  await rest()
}

/** What the application's controller would write. */
async function tell(name: string, sync: string, phase?: string, startedAt = '2030-01-01T00:00:00Z'): Promise<void> {
  const found = await app(name)
  const { operation, ...left } = found
  const state = phase && { operation: operation ?? {}, phase, startedAt, finishedAt: startedAt, message: '' }
  const status = {
    sync: {
      status: sync,
      revision: 'r1',
      comparedTo: { source: found.spec.source, destination: found.spec.destination },
    },
    health: { status: sync === 'Synced' ? 'Healthy' : 'Missing' },
    ...(state ? { operationState: state } : {}),
  }
  await world.objects.update(appRef(name), { ...left, status } as unknown as KubeObject)
  await rest()
}

describe('a rollout', () => {
  const strategy = { type: 'RollingSync', rollingSync: { steps: [step('one'), step('two')] } }
  const statuses = async () => {
    const set = await world.objects.get(setRef)
    const { applicationStatus = [] } = set['status'] as {
      applicationStatus?: { application: string; status: string }[]
    }
    return applicationStatus.map((each) => `${each.application} ${each.status}`)
  }

  test('syncs one step after the other, each application once, without automated sync', async () => {
    await create({ strategy })
    expect((await app('one')).spec.syncPolicy?.automated).toEqual({ prune: true, enabled: false })
    await tell('one', 'OutOfSync')
    await tell('two', 'OutOfSync')
    expect(await statuses()).toEqual(['one Pending', 'two Waiting'])
    expect((await app('one')).operation).toMatchObject({
      initiatedBy: { username: 'applicationset-controller', automated: true },
      sync: { prune: true },
      retry: { limit: 5 },
    })
    expect((await app('two')).operation).toBeUndefined()

    // It begins and ends within the second in which it was asked for.
    await tell('one', 'OutOfSync', 'Succeeded')
    expect(await statuses()).toEqual(['one Progressing', 'two Waiting'])
    expect((await app('one')).operation).toBeUndefined()
    await tell('one', 'Synced', 'Succeeded')
    expect(await statuses()).toEqual(['one Healthy', 'two Pending'])
    await tell('two', 'Synced', 'Succeeded')
    expect(await statuses()).toEqual(['one Healthy', 'two Healthy'])

    await world.objects.patch(setRef, { spec: { strategy: null } }, { type: 'merge' })
    await rest()
    expect(await statuses()).toEqual([])
    expect((await app('one')).spec.syncPolicy?.automated).toEqual({ prune: true })
  })

  test('is deleted in reverse where it is told to', async () => {
    await create({ strategy: { ...strategy, deletionOrder: 'Reverse' } })
    await world.objects.patch(appRef('two'), { metadata: { finalizers: ['hold.example.com/x'] } }, { type: 'merge' })
    await world.objects.delete(setRef)
    await rest()
    expect(await names()).toEqual(['one', 'two'])
    expect((await app('one')).metadata.deletionTimestamp).toBeUndefined()
    await world.objects.patch(appRef('two'), { metadata: { finalizers: null } }, { type: 'merge' })
    await rest()
    expect((await app('one')).metadata.deletionTimestamp).toBeDefined()
    await world.objects.patch(appRef('one'), { metadata: { finalizers: null } }, { type: 'merge' })
    await rest()
    await expect(world.objects.get(setRef)).rejects.toThrow(/not found/)
  })
})

test('a set that must not delete lets go of its applications before it goes', async () => {
  await create({ syncPolicy: { applicationsSync: 'create-update' } }, ['resources-finalizer.argocd.argoproj.io'])
  await world.objects.delete(setRef)
  await rest()
  await expect(world.objects.get(setRef)).rejects.toThrow(/not found/)
  expect((await app('one')).metadata.ownerReferences).toBeUndefined()
})
