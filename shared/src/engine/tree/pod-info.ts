import type { KubeObject } from '../../k8s/object.ts'
import { parseQuantity } from '../../k8s/quantity.ts'
import type { InfoItem } from './types.ts'
import { at, fields, items, text } from './values.ts'

type Fields = Readonly<Record<string, unknown>>

/** A pod in a few words, as `kubectl get pods` finds them: why it is where it is, its node, its containers, its requests. */
export function podInfo(pod: KubeObject): InfoItem[] {
  const { reason, restarts, ready } = readingOf(pod)
  const sidecars = items(at(pod, 'spec', 'initContainers')).filter(restartable).length
  const total = items(at(pod, 'spec', 'containers')).length + sidecars
  const ended = isEnded(pod)
  const node = text(at(pod, 'spec', 'nodeName'))
  return [
    ...(reason === '' ? [] : [{ name: 'Status Reason', value: reason }]),
    { name: 'Node', ...(node !== '' && { value: node }) },
    { name: 'Containers', value: `${ready}/${total}` },
    ...(restarts > 0 ? [{ name: 'Restart Count', value: String(restarts) }] : []),
    // What has ended asks for nothing any more.
    ...(ended ? [] : (['cpu', 'memory'] as const).map((name) => ({ name, value: String(requested(pod, name)) }))),
  ]
}

/** The images of a pod's containers, each once. */
export function podImages(pod: KubeObject): string[] {
  const containers = [...items(at(pod, 'spec', 'initContainers')), ...items(at(pod, 'spec', 'containers'))]
  return [...new Set(containers.map(({ image }) => text(image)))]
}

interface Reading {
  reason: string
  restarts: number
  ready: number
}

function readingOf(pod: KubeObject): Reading {
  const phase = text(at(pod, 'status', 'phase'))
  const conditions = items(at(pod, 'status', 'conditions'))
  const reading: Reading = { reason: text(at(pod, 'status', 'reason')) || phase, restarts: 0, ready: 0 }
  const gated = conditions.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
  if (gated) reading.reason = 'SchedulingGated'
  const initializing = readInit(pod, reading)
  const initialized = conditions.find(({ type }) => type === 'Initialized')?.['status'] === 'True'
  if (!initializing || initialized) readContainers(pod, reading)
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (at(pod, 'status', 'reason') === 'NodeLost') reading.reason = 'Unknown'
    else if (!isEnded(pod)) reading.reason = 'Terminating'
  }
  return reading
}

/** Reads the init containers up to the first that has not come to a good end; tells whether there is one. */
function readInit(pod: KubeObject, reading: Reading): boolean {
  const specs = items(at(pod, 'spec', 'initContainers'))
  const statuses = items(at(pod, 'status', 'initContainerStatuses'))
  for (const [index, status] of statuses.entries()) {
    reading.restarts += number(status['restartCount'])
    const terminated = at(status, 'state', 'terminated')
    if (terminated !== undefined && number(at(terminated, 'exitCode')) === 0) continue
    const spec = specs.find(({ name }) => name === status['name'])
    if (spec && restartable(spec) && status['started'] === true) {
      if (status['ready'] === true) reading.ready++
      continue
    }
    const waiting = text(at(status, 'state', 'waiting', 'reason'))
    reading.reason =
      terminated !== undefined
        ? `Init:${endReason(fields(terminated))}`
        : waiting !== '' && waiting !== 'PodInitializing'
          ? `Init:${waiting}`
          : `Init:${index}/${specs.length}`
    return true
  }
  return false
}

function readContainers(pod: KubeObject, reading: Reading): void {
  let running = false
  for (const status of items(at(pod, 'status', 'containerStatuses')).toReversed()) {
    reading.restarts += number(status['restartCount'])
    const waiting = text(at(status, 'state', 'waiting', 'reason'))
    const terminated = at(status, 'state', 'terminated')
    if (waiting !== '') reading.reason = waiting
    else if (terminated !== undefined) reading.reason = endReason(fields(terminated))
    else if (status['ready'] === true && at(status, 'state', 'running') !== undefined) {
      running = true
      reading.ready++
    }
  }
  if (reading.reason === 'Completed' && running) reading.reason = 'Running'
}

function endReason(terminated: Fields): string {
  const reason = text(terminated['reason'])
  if (reason !== '') return reason
  const signal = number(terminated['signal'])
  return signal === 0 ? `ExitCode:${number(terminated['exitCode'])}` : `Signal:${signal}`
}

function isEnded(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase')
  return phase === 'Failed' || phase === 'Succeeded'
}

/** An init container that keeps running beside the others. */
function restartable(container: Fields): boolean {
  return container['restartPolicy'] === 'Always'
}

/** What the scheduler counts for a pod, in thousandths. */
function requested(pod: KubeObject, resource: 'cpu' | 'memory'): number {
  const of = (container: Fields) => milli(at(container, 'resources', 'requests', resource))
  const containers = items(at(pod, 'spec', 'containers')).reduce((sum, one) => sum + of(one), 0)
  let sidecars = 0
  let initial = 0
  for (const container of items(at(pod, 'spec', 'initContainers'))) {
    if (restartable(container)) {
      sidecars += of(container)
      initial = Math.max(initial, sidecars)
    } else initial = Math.max(initial, sidecars + of(container))
  }
  const whole = at(pod, 'spec', 'resources', 'requests', resource)
  const sum = whole === undefined ? Math.max(containers + sidecars, initial) : milli(whole)
  return sum + milli(at(pod, 'spec', 'overhead', resource))
}

function milli(value: unknown): number {
  if (typeof value !== 'string' && typeof value !== 'number') return 0
  const quantity = parseQuantity(String(value))
  return quantity ? Number((quantity.nano + 999_999n) / 1_000_000n) : 0
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
