import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { timestamp } from '../controllers/conditions.ts'
import { isFinished, isTerminating } from '../controllers/pods.ts'
import { selects } from '../controllers/selectors.ts'
import { fnv32a } from '../controllers/template-hash.ts'
import type { Pod } from '../controllers/types.ts'
import type { Controller, World } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { nextStatus, type Pace } from './lifecycle.ts'

export const defaultPace: Pace = { startMs: 300, runMs: 1000, stopMs: 200 }

/** The label of nodes whose pods the stand-in runs; nodes that others register stay theirs. */
export const standInLabel = 'node.flotilla.dev/stand-in'

/** Puts pods on nodes of the stand-in and plays their containers. */
export function kubelet(pace: Pace = defaultPace): Controller {
  return {
    name: 'kubelet',
    resource: resources.pods,
    watches: [{ resource: resources.nodes, wakes: (_, world) => pendingPods(world) }],
    reconcile(object, world, now) {
      const pod = object as Pod
      const nodes = world
        .of(resources.nodes)
        .list()
        .filter((node) => node.metadata.labels?.[standInLabel] !== undefined)
      if (pod.spec.nodeName === undefined) return schedule(pod, nodes)
      const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName)
      return node ? run(pod, addressOfNode(node), now, pace) : { writes: [] }
    },
  }
}

function pendingPods(world: World): string[] {
  const pending = (world.of(resources.pods).list() as Pod[]).filter((pod) => pod.spec.nodeName === undefined)
  return pending.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
}

function schedule(pod: Pod, nodes: readonly KubeObject[]): Outcome {
  if (isTerminating(pod) || isFinished(pod)) return { writes: [] }
  const wanted = /"metadata\.name","operator":"In","values":\["([^"]+)"\]/.exec(
    JSON.stringify(pod.spec.affinity ?? {}),
  )?.[1]
  const fitting = nodes.filter(
    ({ metadata }) =>
      selects({ matchLabels: pod.spec.nodeSelector ?? {} }, metadata.labels) &&
      (wanted === undefined || wanted === metadata.name),
  )
  const node = fitting[fnv32a(pod.metadata.uid ?? '') % Math.max(1, fitting.length)]
  if (!node) return { writes: [] }
  const { name = '', namespace = '' } = pod.metadata
  const target = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name }
  const object = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target }
  return { writes: [{ verb: 'bind', ref: refTo(resources.pods, pod), object }] }
}

function run(pod: Pod, hostIP: string, now: number, pace: Pace): Outcome {
  if (isTerminating(pod)) return stop(pod, now, pace)
  const { status, againMs } = nextStatus(pod, hostIP, now, pace)
  const writes: Write[] = isDeepStrictEqual(status, pod.status) ? [] : [statusWrite(resources.pods, pod, status)]
  return againMs === undefined ? { writes } : { writes, againMs }
}

/** Containers heed their signal: the pod is gone a moment after it was told, long before its grace is over. */
function stop(pod: Pod, now: number, pace: Pace): Outcome {
  const { deletionTimestamp = '', deletionGracePeriodSeconds = 0, uid = '' } = pod.metadata
  const told = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  const left = told + pace.stopMs - now
  if (left > 0) return { writes: [], againMs: left }
  if (deletionGracePeriodSeconds === 0 && pod.metadata.finalizers) return { writes: [] }
  const options = { gracePeriodSeconds: 0, preconditions: { uid } }
  return { writes: [{ verb: 'delete', ref: refTo(resources.pods, pod), options }] }
}

function addressOfNode(node: KubeObject): string {
  const status = node['status'] as { addresses?: { type: string; address: string }[] } | undefined
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '10.0.0.1'
}

/** A node of the stand-in, ready for pods. */
export function standInNode(index: number, clock: Clock): { object: KubeObject; status: Record<string, unknown> } {
  const name = `node-${index}`
  const time = timestamp(clock.now())
  const room = { cpu: '8', memory: '16Gi', pods: '10000', 'ephemeral-storage': '100Gi' }
  const condition = (type: string, status: string, reason: string, message: string): Record<string, string> => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  })
  return {
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          [standInLabel]: '',
        },
      },
    },
    status: {
      capacity: room,
      allocatable: room,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      addresses: [
        { type: 'InternalIP', address: `10.0.0.${index}` },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        kubeletVersion: 'v1.36.1',
        kubeProxyVersion: '',
        containerRuntimeVersion: 'containerd://2.1.0',
        osImage: 'Flotilla stand-in',
        kernelVersion: '6.0.0',
        machineID: name,
        systemUUID: name,
        bootID: name,
      },
    },
  }
}
