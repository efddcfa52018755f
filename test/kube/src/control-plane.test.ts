import { virtualClock, type VirtualClock } from '@flotilla/shared/runtime/clock'
import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { resources } from './machinery/resources.ts'
import type { Served } from './machinery/served.ts'
import { FakeObjects } from './testing/fake-objects.ts'

const verbs = ['list', 'watch', 'delete', 'get', 'create', 'update', 'patch']
const served: Served[] = [
  ['configMaps', 'ConfigMap'],
  ['serviceAccounts', 'ServiceAccount'],
  ['pods', 'Pod'],
  ['deployments', 'Deployment'],
  ['replicaSets', 'ReplicaSet'],
  ['jobs', 'Job'],
  ['statefulSets', 'StatefulSet'],
  ['revisions', 'ControllerRevision'],
].map(([name, kind]) => ({ ...resources[name as keyof typeof resources], kind: kind ?? '', namespaced: true, verbs }))

let clock: VirtualClock
let objects: FakeObjects
let plane: ControlPlane

async function begin(nodes: number): Promise<void> {
  plane = await startControlPlane({
    objects,
    clock,
    nodes,
    certificateAuthority: 'CA',
    served: { list: () => served, onChange: () => () => {} },
  })
  await clock.settle()
}

beforeEach(() => {
  clock = virtualClock()
  objects = new FakeObjects(clock)
})

afterEach(() => plane.close())

const inDefault = (resource: ResourceRef): ResourceRef => ({ ...resource, namespace: 'default' })

/** The fields that these tests look at. */
interface View extends KubeObject {
  status: {
    active?: number
    conditions: { reason: string }[]
    containerStatuses: { restartCount: number; state: { waiting?: { reason: string } } }[]
  }
}

async function read(resource: ResourceRef, name: string): Promise<View> {
  return (await objects.get({ ...inDefault(resource), name })) as View
}

function template(image: string): Record<string, unknown> {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { restartPolicy: 'Always', containers: [{ name: 'main', image }] },
  }
}

function deployment(image: string, more: Record<string, unknown> = {}): KubeObject {
  const spec = {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: template(image),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    ...more,
  }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' }, spec }
}

function reasons(object: Pick<View, 'status'>): string[] {
  return object['status'].conditions.map(({ reason }: { reason: string }) => reason)
}

describe('a Deployment', () => {
  test('without nodes waits for pods that stay Pending', async () => {
    await begin(0)
    await objects.create(inDefault(resources.deployments), deployment('app:1'))
    await clock.advance(5000)
    const { status, metadata } = await read(resources.deployments, 'web')
    expect(metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
    expect(status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      unavailableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
    expect(reasons({ status })).toEqual(['MinimumReplicasUnavailable', 'ReplicaSetUpdated'])
    expect((await objects.list(inDefault(resources.pods))).items).toHaveLength(3)
  })

  test('rolls out on nodes, and back', async () => {
    await begin(2)
    await objects.create(inDefault(resources.deployments), deployment('app:1'))
    await clock.advance(10_000)
    expect((await read(resources.deployments, 'web'))['status']).toMatchObject({
      readyReplicas: 3,
      availableReplicas: 3,
    })
    for (const [image, revision] of [
      ['app:2', '2'],
      ['app:1', '3'],
    ] as const) {
      await objects.patch(
        { ...inDefault(resources.deployments), name: 'web' },
        { spec: { template: template(image) } },
        { type: 'merge' },
      )
      await clock.advance(60_000)
      const web = await read(resources.deployments, 'web')
      expect(web.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe(revision)
      expect(web['status']).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 })
    }
    expect((await objects.list(inDefault(resources.replicaSets))).items).toHaveLength(2)
    expect((await objects.list(inDefault(resources.pods))).items).toHaveLength(3)
  })

  test('runs out of time when its image is missing', async () => {
    await begin(1)
    await objects.create(inDefault(resources.deployments), deployment('app:missing'))
    await clock.advance(700_000)
    expect(reasons(await read(resources.deployments, 'web'))).toEqual([
      'MinimumReplicasUnavailable',
      'ProgressDeadlineExceeded',
    ])
    const [pod] = (await objects.list(inDefault(resources.pods))).items as View[]
    expect(pod?.status.containerStatuses[0]?.state.waiting?.reason).toBe('ImagePullBackOff')
  })

  test('of a crashing image restarts with growing pauses', async () => {
    await begin(1)
    await objects.create(inDefault(resources.deployments), deployment('app:crash', { replicas: 1 }))
    await clock.advance(3_600_000)
    const [pod] = (await objects.list(inDefault(resources.pods))).items as View[]
    const [container] = pod?.status.containerStatuses ?? []
    expect(container?.restartCount).toBeGreaterThan(10)
    expect(container?.restartCount).toBeLessThan(20)
  })

  test('takes its dependents with it', async () => {
    await begin(1)
    await objects.create(inDefault(resources.deployments), deployment('app:1'))
    await clock.advance(5000)
    await objects.delete({ ...inDefault(resources.deployments), name: 'web' }, { propagationPolicy: 'Foreground' })
    await clock.advance(60_000)
    expect((await objects.list(inDefault(resources.deployments))).items).toEqual([])
    expect((await objects.list(inDefault(resources.replicaSets))).items).toEqual([])
    expect((await objects.list(inDefault(resources.pods))).items).toEqual([])
  })
})

test('a Job completes, and its pod is counted once', async () => {
  await begin(1)
  const spec = {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    selector: { matchLabels: { app: 'web' } },
    template: template('app:1'),
  }
  Object.assign(spec.template['spec'] as object, { restartPolicy: 'Never' })
  await objects.create(inDefault(resources.jobs), {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default' },
    spec,
  })
  await clock.advance(20_000)
  const { status } = await read(resources.jobs, 'j')
  expect(status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
  expect(status.active).toBeUndefined()
  expect(reasons({ status })).toEqual(['CompletionsReached', 'CompletionsReached'])
})

test('a StatefulSet grows one by one', async () => {
  await begin(1)
  const spec = {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'web' } },
    template: template('app:1'),
  }
  await objects.create(inDefault(resources.statefulSets), {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec,
  })
  await clock.settle()
  expect((await objects.list(inDefault(resources.pods))).items).toHaveLength(1)
  await clock.advance(30_000)
  expect((await read(resources.statefulSets, 'db'))['status']).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  })
})

test('a namespace gets its defaults, and goes with its content', async () => {
  await begin(0)
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default' },
    spec: { finalizers: ['kubernetes'] },
  }
  await objects.create(resources.namespaces, namespace)
  await clock.advance(100)
  expect((await objects.list(inDefault(resources.serviceAccounts))).items).toHaveLength(1)
  await objects.delete({ ...resources.namespaces, name: 'default' })
  await clock.advance(5000)
  expect((await objects.list(resources.namespaces)).items).toEqual([])
  expect((await objects.list(inDefault(resources.configMaps))).items).toEqual([])
})
