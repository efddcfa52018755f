import { timestamp } from '../controllers/conditions.ts'
import { isTerminating } from '../controllers/pods.ts'
import { fnv32a } from '../controllers/template-hash.ts'
import type { Container, Pod, PodStatus } from '../controllers/types.ts'
import type { Note } from '../machinery/events.ts'
import { nextLife, type Life, type Pace } from './container-life.ts'
import type { ContainerStatus } from './containers.ts'
import { isSidecar, podConditions } from './pod-conditions.ts'

export type { Pace } from './container-life.ts'

export interface Step {
  readonly status: PodStatus
  /** When the next thing happens by itself. */
  readonly againMs?: number
  readonly notes: readonly Note[]
}

/** What a node makes of a pod bound to it, from its status before and the time. */
export function nextStatus(pod: Pod, hostIP: string, now: number, pace: Pace): Step {
  const before = pod.status ?? {}
  const phase = before.phase ?? 'Pending'
  if (phase === 'Succeeded' || phase === 'Failed' || isTerminating(pod)) return { status: before, notes: [] }
  const startTime = before.startTime ?? timestamp(now)
  const started: Pod = { ...pod, status: { ...before, startTime } }
  const deadline = pod.spec['activeDeadlineSeconds']
  const deadlineIn = typeof deadline === 'number' ? Date.parse(startTime) + deadline * 1000 - now : Infinity
  if (deadlineIn <= 0) return outOfTime(started, now)
  const play = new Play(started, now, pace)
  const inits = play.inits()
  const containers = play.containers()
  const ephemeral = play.ephemeral()
  const next = podPhase(pod, inits, containers)
  const known = { observedGeneration: pod.metadata.generation ?? 1 }
  const seen = { ...started, status: { ...started.status, initContainerStatuses: inits } }
  const podIP = before.podIP ?? (inits.length > 0 || next !== 'Pending' ? addressOf(pod) : undefined)
  const status: PodStatus = {
    ...before,
    ...known,
    phase: next,
    conditions: podConditions({ pod: seen, phase: next, inits, containers, now }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(inits.length > 0 ? { initContainerStatuses: inits as unknown as Record<string, unknown>[] } : {}),
    containerStatuses: containers as unknown as Record<string, unknown>[],
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
  }
  const over = next === 'Succeeded' || next === 'Failed'
  const againMs = over ? Infinity : Math.min(play.againMs, deadlineIn)
  return { status, ...(Number.isFinite(againMs) ? { againMs: Math.max(0, againMs) } : {}), notes: play.notes }
}

/** Goes through the containers of a pod in the order in which they start. */
class Play {
  readonly notes: Note[] = []
  againMs = Infinity
  readonly #pod: Pod
  readonly #now: number
  readonly #pace: Pace
  /** All init containers so far have done what the next waits for. */
  #clear = true

  constructor(pod: Pod, now: number, pace: Pace) {
    this.#pod = pod
    this.#now = now
    this.#pace = pace
  }

  inits(): ContainerStatus[] {
    return (this.#pod.spec.initContainers ?? []).map((container) => {
      const sidecar = isSidecar(container)
      const status = this.#next(container, sidecar ? 'sidecar' : 'init', this.#clear)
      if (!(sidecar ? status.started : status.ready)) this.#clear = false
      return status
    })
  }

  containers(): ContainerStatus[] {
    return this.#pod.spec.containers.map((container) => this.#next(container, 'regular', this.#clear))
  }

  /** Those that somebody added to look into a running pod. */
  ephemeral(): ContainerStatus[] {
    const all = (this.#pod.spec['ephemeralContainers'] ?? []) as Container[]
    return all.map((container) => this.#next(container, 'ephemeral', this.#clear))
  }

  #next(container: Container, sort: Life['sort'], may: boolean): ContainerStatus {
    const list =
      { regular: 'containerStatuses', ephemeral: 'ephemeralContainerStatuses' }[String(sort)] ?? 'initContainerStatuses'
    const all = (this.#pod.status?.[list] ?? []) as unknown as ContainerStatus[]
    const held = all.find(({ name }) => name === container.name)
    const life = { pod: this.#pod, container, sort, held, may, now: this.#now, pace: this.#pace }
    const { status, againMs = Infinity, notes } = nextLife(life)
    this.notes.push(...notes)
    this.againMs = Math.min(this.againMs, againMs)
    return status
  }
}

function podPhase(pod: Pod, inits: readonly ContainerStatus[], containers: readonly ContainerStatus[]): string {
  const { restartPolicy = 'Always', initContainers = [] } = pod.spec
  const regular = initContainers.filter((container) => !isSidecar(container)).map(({ name }) => name)
  const preparing = inits.filter(({ name }) => regular.includes(name))
  const failed = ({ state, lastState }: ContainerStatus): boolean =>
    (state.terminated ?? lastState.terminated)?.exitCode !== 0
  if (restartPolicy === 'Never' && preparing.some((status) => status.state.terminated && failed(status)))
    return 'Failed'
  if (preparing.some(({ ready }) => !ready)) return 'Pending'
  if (containers.some(({ state, lastState }) => state.waiting && !lastState.terminated)) return 'Pending'
  if (containers.some(({ state }) => state.running) || restartPolicy === 'Always') return 'Running'
  if (!containers.some(failed)) return 'Succeeded'
  return restartPolicy === 'Never' ? 'Failed' : 'Running'
}

function outOfTime(pod: Pod, now: number): Step {
  const reason = 'DeadlineExceeded'
  const message = 'Pod was active on the node longer than the specified deadline'
  const finishedAt = timestamp(now)
  const held = (pod.status?.containerStatuses ?? []) as unknown as ContainerStatus[]
  const containers = held.map((status): ContainerStatus => {
    const startedAt = status.state.running?.startedAt
    if (startedAt === undefined) return status
    const terminated = { exitCode: 137, reason: 'Error', startedAt, finishedAt }
    return { ...status, state: { terminated }, ready: false, started: false }
  })
  const conditions = podConditions({ pod, phase: 'Failed', inits: [], containers, now })
  const containerStatuses = containers as unknown as Record<string, unknown>[]
  const status = { ...pod.status, phase: 'Failed', reason, message, conditions, containerStatuses }
  const host = pod.spec.nodeName
  const note: Note = { about: pod, type: 'Normal', reason, message, ...(host === undefined ? {} : { host }) }
  return { status, notes: [note] }
}

function addressOf(pod: Pod): string {
  const bits = fnv32a(pod.metadata.uid ?? '')
  return `10.${64 + ((bits >>> 16) & 63)}.${(bits >>> 8) & 255}.${1 + (bits % 254)}`
}
