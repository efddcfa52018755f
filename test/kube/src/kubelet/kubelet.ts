import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { isTerminating } from '../controllers/pods.ts'
import type { Pod } from '../controllers/types.ts'
import type { Controller } from '../machinery/controller.ts'
import type { Note } from '../machinery/events.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { containerStatus } from './containers.ts'
import { nextStatus, type Pace } from './lifecycle.ts'
import { standInLabel } from './stand-in-node.ts'

export const defaultPace: Pace = { startMs: 300, runMs: 1000, stopMs: 200 }

/** Plays the containers of pods on nodes of the stand-in. */
export function kubelet(pace: Pace = defaultPace): Controller {
  return {
    name: 'kubelet',
    component: 'kubelet',
    resource: resources.pods,
    watches: [{ resource: resources.nodes, wakes: () => [] }],
    reconcile(object, world, now) {
      const pod = object as Pod
      const node = pod.spec.nodeName === undefined ? undefined : world.of(resources.nodes).get('', pod.spec.nodeName)
      return node?.metadata.labels?.[standInLabel] === undefined ? nothing : run(pod, addressOfNode(node), now, pace)
    },
  }
}

function run(pod: Pod, hostIP: string, now: number, pace: Pace): Outcome {
  if (isTerminating(pod)) return stop(pod, now, pace)
  const { status, againMs, notes } = nextStatus(pod, hostIP, now, pace)
  const changed = !jsonEqual(status, pod.status)
  const writes: Write[] = changed ? [statusWrite(resources.pods, pod, status)] : []
  return { writes, ...(changed ? { notes } : {}), ...(againMs === undefined ? {} : { againMs }) }
}

/** Containers heed their signal: the pod is gone a moment after it was told, long before its grace is over. */
function stop(pod: Pod, now: number, pace: Pace): Outcome {
  const { deletionTimestamp = '', deletionGracePeriodSeconds = 0, uid = '' } = pod.metadata
  const told = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  const left = told + pace.stopMs - now
  if (left > 0) return { writes: [], againMs: left }
  if (deletionGracePeriodSeconds === 0 && pod.metadata.finalizers) return nothing
  const options = { gracePeriodSeconds: 0, preconditions: { uid } }
  return { writes: [{ verb: 'delete', ref: refTo(resources.pods, pod), options }], notes: killed(pod) }
}

function killed(pod: Pod): Note[] {
  const running = pod.spec.containers.filter(({ name }) => containerStatus(pod, name)?.state.running)
  const host = pod.spec.nodeName
  return running.map(({ name }) => ({
    about: pod,
    type: 'Normal',
    reason: 'Killing',
    message: `Stopping container ${name}`,
    fieldPath: `spec.containers{${name}}`,
    ...(host === undefined ? {} : { host }),
  }))
}

function addressOfNode(node: KubeObject): string {
  const status = node['status'] as { addresses?: { type: string; address: string }[] } | undefined
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '10.0.0.1'
}
