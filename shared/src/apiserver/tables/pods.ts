import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import type { RowCondition } from '../strategy.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from '../validation/values.ts'
import { age, column, columns, orNone } from './columns.ts'

const ended: Readonly<Record<string, string>> = dictionary({
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
})

/** Pods, whose one word of status sums up all containers. */
export const podTable = {
  columns: [
    ...columns(['Name', 'Ready', 'Status', 'Restarts', 'Age']),
    ...['IP', 'Node', 'Nominated Node', 'Readiness Gates'].map((name) => column(name, true)),
  ],
  conditions(pod: KubeObject): readonly RowCondition[] {
    const phase = textOf(fieldsOf(pod['status'])['phase'])
    const message = ended[phase]
    return message === undefined ? [] : [{ type: 'Completed', status: 'True', reason: phase, message }]
  },
  cells(pod: KubeObject, now: number): unknown[] {
    const spec = fieldsOf(pod['spec'])
    const status = fieldsOf(pod['status'])
    const statuses = fieldsList(status['containerStatuses'])
    const sidecars = fieldsList(spec['initContainers']).filter((container) => container['restartPolicy'] === 'Always')
    const initStatuses = fieldsList(status['initContainerStatuses'])
    const readySidecars = initStatuses.filter(
      (item) => item['ready'] === true && sidecars.some((container) => container['name'] === item['name']),
    )
    const total = fieldsList(spec['containers']).length + sidecars.length
    const ready =
      statuses.filter((item) => item['ready'] === true && isFields(at(item, 'state')['running'])).length +
      readySidecars.length
    const ip = textOf(fieldsList(status['podIPs'])[0]?.['ip']) || status['podIP']
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      podReason(pod),
      restarts(
        [
          ...statuses,
          ...initStatuses.filter((item) => sidecars.some((container) => container['name'] === item['name'])),
        ],
        initStatuses,
        now,
      ),
      age(pod.metadata.creationTimestamp, now),
      orNone(ip),
      orNone(spec['nodeName']),
      orNone(status['nominatedNodeName']),
      gates(spec, status),
    ]
  },
}

function restarts(statuses: readonly Fields[], inits: readonly Fields[], now: number): string {
  const all = statuses.length > 0 ? statuses : inits
  const count = all.reduce((sum, item) => sum + (numberOf(item['restartCount']) ?? 0), 0)
  const times = all
    .map((item) => textOf(at(item, 'lastState', 'terminated')['finishedAt']))
    .filter((time) => time !== '')
    .sort()
  const last = times.at(-1)
  return count > 0 && last !== undefined ? `${count} (${age(last, now)} ago)` : String(count)
}

function gates(spec: Fields, status: Fields): string {
  const wanted = fieldsList(spec['readinessGates'])
  if (wanted.length === 0) return '<none>'
  const met = wanted.filter((gate) =>
    fieldsList(status['conditions']).some(
      (item) => item['type'] === gate['conditionType'] && item['status'] === 'True',
    ),
  )
  return `${met.length}/${wanted.length}`
}

/** The word that `kubectl get pods` shows under STATUS. */
export function podReason(pod: KubeObject): string {
  const spec = fieldsOf(pod['spec'])
  const status = fieldsOf(pod['status'])
  let reason = textOf(status['reason']) || textOf(status['phase'])
  const scheduled = fieldsList(status['conditions']).find((item) => item['type'] === 'PodScheduled')
  if (scheduled?.['reason'] === 'SchedulingGated') reason = 'SchedulingGated'
  const initialising = initReason(spec, status)
  if (initialising !== undefined) reason = initialising
  else reason = containersReason(status, reason)
  if (isSet(pod.metadata.deletionTimestamp)) {
    if (status['reason'] === 'NodeLost') return 'Unknown'
    if (status['phase'] !== 'Succeeded' && status['phase'] !== 'Failed') return 'Terminating'
  }
  return reason
}

function initReason(spec: Fields, status: Fields): string | undefined {
  const containers = fieldsList(spec['initContainers'])
  for (const [index, item] of fieldsList(status['initContainerStatuses']).entries()) {
    const state = fieldsOf(item['state'])
    const terminated = state['terminated']
    const always = containers.find((container) => container['name'] === item['name'])?.['restartPolicy'] === 'Always'
    if (isFields(terminated) && (numberOf(terminated['exitCode']) ?? 0) === 0) continue
    if (always && item['started'] === true) continue
    if (isFields(terminated)) return `Init:${terminatedReason(terminated)}`
    const waiting = textOf(fieldsOf(state['waiting'])['reason'])
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`
    return `Init:${index}/${containers.length}`
  }
  return undefined
}

function terminatedReason(terminated: Fields): string {
  if (isSet(terminated['reason'])) return textOf(terminated['reason'])
  const signal = numberOf(terminated['signal']) ?? 0
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(terminated['exitCode']) ?? 0}`
}

function containersReason(status: Fields, initial: string): string {
  let reason = initial
  let running = false
  for (const item of [...fieldsList(status['containerStatuses'])].reverse()) {
    const state = fieldsOf(item['state'])
    const waiting = textOf(fieldsOf(state['waiting'])['reason'])
    if (waiting !== '') reason = waiting
    else if (isFields(state['terminated'])) reason = terminatedReason(state['terminated'])
    else if (item['ready'] === true && isFields(state['running'])) running = true
  }
  if (reason === 'Completed' && running) {
    const ready = fieldsList(status['conditions']).some((item) => item['type'] === 'Ready' && item['status'] === 'True')
    return ready ? 'Running' : 'NotReady'
  }
  return reason
}
