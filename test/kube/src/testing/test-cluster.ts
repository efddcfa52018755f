import type { ObjectRef, ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { virtualClock, type VirtualClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { inOrder, orderedBy } from '@flotilla/shared/lang/order'
import { createCluster, type Cluster } from '../cluster.ts'
import { resources } from '../machinery/resources.ts'

/** The fields that tests look at, whatever the kind. */
export interface View extends KubeObject {
  spec: Record<string, unknown>
  status: Record<string, unknown> & { conditions?: { type: string; status: string; reason: string; message: string }[] }
}

/** A whole cluster on a clock that moves only when told. */
export class TestCluster {
  readonly clock: VirtualClock
  readonly cluster: Cluster

  private constructor(clock: VirtualClock, cluster: Cluster) {
    this.clock = clock
    this.cluster = cluster
  }

  /** Starts one with nodes, by default two. */
  static async start(nodes = 2, reactionMs = 0): Promise<TestCluster> {
    const clock = virtualClock()
    const cluster = await createCluster({ clock, random: seededRandom(1), nodes, reactionMs })
    await clock.settle()
    return new TestCluster(clock, cluster)
  }

  /** Creates an object; it goes into namespace `default`, where its kind has one. */
  async create(name: keyof typeof resources, object: object): Promise<View> {
    const ref = inDefault(resources[name])
    return (await this.cluster.objects.create(ref, object as KubeObject)) as View
  }

  async get(name: keyof typeof resources, object: string): Promise<View> {
    return (await this.cluster.objects.get(refOf(name, object))) as View
  }

  async list(name: keyof typeof resources): Promise<View[]> {
    return (await this.cluster.objects.list(inDefault(resources[name]))).items as View[]
  }

  async patch(name: keyof typeof resources, object: string, patch: unknown): Promise<View> {
    return (await this.cluster.objects.patch(refOf(name, object), patch, { type: 'merge' })) as View
  }

  /** What Events say about an object: `reason: message`, the oldest first. */
  async events(about: string): Promise<string[]> {
    const events = (await this.list('events')) as (View & {
      involvedObject: { name: string }
      reason: string
      message: string
    })[]
    return events
      .filter(({ involvedObject }) => involvedObject.name === about)
      .toSorted(orderedBy(({ metadata }) => metadata.name ?? ''))
      .map(({ reason, message }) => `${reason}: ${message}`)
  }

  async close(): Promise<void> {
    await this.cluster.close()
  }
}

const clusterWide = new Set(['namespaces', 'nodes', 'persistentvolumes', 'storageclasses', 'clusterroles'])

function inDefault(ref: ResourceRef): ResourceRef {
  return clusterWide.has(ref.resource) ? ref : { ...ref, namespace: 'default' }
}

export function refOf(name: keyof typeof resources, object: string): ObjectRef {
  return { ...inDefault(resources[name]), name: object }
}

/** A pod template of one container. */
export function podTemplate(image: string, spec: object = {}, container: object = {}): object {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', image, ...container }], ...spec },
  }
}

/** A workload of apps/v1 named `web`. */
export function workload(kind: string, spec: object, image = 'app:1'): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: podTemplate(image), ...spec },
  }
}

/** Texts in order, for comparing what comes in none. */
export function sorted(values: readonly (string | number | undefined)[]): string[] {
  return values.map(String).toSorted(inOrder)
}
