import { findCondition, timestamp, withCondition } from '../controllers/conditions.ts'
import { isTerminating } from '../controllers/pods.ts'
import { fnv32a } from '../controllers/template-hash.ts'
import type { Condition, Container, Pod, PodStatus } from '../controllers/types.ts'

/** How long things take on a node that only plays at running containers. */
export interface Pace {
  readonly startMs: number
  /** How long a container of `restartPolicy: Never` or `OnFailure`, or one that crashes, lives. */
  readonly runMs: number
  readonly stopMs: number
}

export type Behaviour = 'runs' | 'missing' | 'crashes' | 'never-ready'

/** The tag of an image tells how its container behaves. */
export function behaviourOf(image: string): Behaviour {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1]
  if (tag === 'missing') return 'missing'
  if (tag === 'crash') return 'crashes'
  return tag === 'never-ready' ? 'never-ready' : 'runs'
}

interface ContainerStatus {
  name: string
  state: State
  lastState: State
  ready: boolean
  restartCount: number
  image: string
  imageID: string
  containerID?: string
  started: boolean
}

interface State {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: { exitCode: number; reason: string; startedAt: string; finishedAt: string; containerID?: string }
}

export interface Step {
  readonly status: PodStatus
  /** When the next thing happens by itself. */
  readonly againMs?: number
}

const firstBackOffMs = 10_000
const longestBackOffMs = 300_000

/** What a node makes of a pod bound to it, from its status before and the time. */
export function nextStatus(pod: Pod, hostIP: string, now: number, pace: Pace): Step {
  const before = pod.status ?? {}
  const phase = before.phase ?? 'Pending'
  if (phase === 'Succeeded' || phase === 'Failed' || isTerminating(pod)) return { status: before }
  const startTime = before.startTime ?? timestamp(now)
  const held = (before.containerStatuses ?? []) as unknown as ContainerStatus[]
  const waits: number[] = []
  const containers = pod.spec.containers.map((container) => {
    const [status, wait] = nextContainer(
      pod,
      container,
      held.find(({ name }) => name === container.name),
      now,
      pace,
    )
    if (wait !== undefined) waits.push(wait)
    return status
  })
  const next = podPhase(containers, pod.spec.restartPolicy ?? 'Always')
  const podIP = phase === 'Pending' && next === 'Pending' ? before.podIP : (before.podIP ?? addressOf(pod))
  const status: PodStatus = {
    ...before,
    observedGeneration: pod.metadata.generation ?? 1,
    phase: next,
    conditions: conditionsOf(before.conditions ?? [], pod, containers, next, now),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    containerStatuses: containers as unknown as Record<string, unknown>[],
    ...initStatuses(pod, startTime),
  }
  return waits.length > 0 ? { status, againMs: Math.max(0, Math.min(...waits)) } : { status }
}

function nextContainer(
  pod: Pod,
  { name, image }: Container,
  held: ContainerStatus | undefined,
  now: number,
  pace: Pace,
): [ContainerStatus, number | undefined] {
  const behaviour = behaviourOf(image)
  const base = { name, image, imageID: '', lastState: {}, ready: false, restartCount: 0, started: false }
  if (!held || held.image !== image)
    return [{ ...base, state: { waiting: { reason: 'ContainerCreating' } } }, pace.startMs]
  if (behaviour === 'missing') return missing(held, now, pace)
  const { waiting, running, terminated } = held.state
  if (terminated) return [held, undefined]
  if (waiting?.reason === 'CrashLoopBackOff') {
    const left = Date.parse(held.lastState.terminated?.finishedAt ?? '') + backOffMs(held.restartCount) - now
    return left > 0 ? [held, left] : [start(held, pod, held.restartCount + 1, behaviour, now), pace.runMs]
  }
  if (!running) {
    const left = Date.parse(pod.status?.startTime ?? '') + pace.startMs - now
    return left > 0
      ? [held, left]
      : [start(held, pod, held.restartCount, behaviour, now), endsByItself(pod, behaviour) ? pace.runMs : undefined]
  }
  if (!endsByItself(pod, behaviour)) return [held, undefined]
  const left = Date.parse(running.startedAt) + pace.runMs - now
  return left > 0 ? [held, left] : end(held, running.startedAt, pod, behaviour, now)
}

function endsByItself(pod: Pod, behaviour: Behaviour): boolean {
  return behaviour === 'crashes' || (pod.spec.restartPolicy !== 'Always' && behaviour === 'runs')
}

function start(
  held: ContainerStatus,
  pod: Pod,
  restartCount: number,
  behaviour: Behaviour,
  now: number,
): ContainerStatus {
  const digest = fnv32a(held.image).toString(16).padStart(8, '0').repeat(8)
  const id = fnv32a(`${pod.metadata.uid}/${held.name}/${restartCount}`).toString(16).padStart(8, '0').repeat(8)
  return {
    ...held,
    state: { running: { startedAt: timestamp(now) } },
    ready: behaviour !== 'never-ready',
    started: true,
    restartCount,
    imageID: `${held.image.split('@')[0]?.replace(/:[^/:]+$/, '')}@sha256:${digest}`,
    containerID: `containerd://${id}`,
  }
}

function end(
  held: ContainerStatus,
  startedAt: string,
  pod: Pod,
  behaviour: Behaviour,
  now: number,
): [ContainerStatus, number | undefined] {
  const failed = behaviour === 'crashes'
  const id = held.containerID === undefined ? {} : { containerID: held.containerID }
  const terminated = {
    exitCode: failed ? 1 : 0,
    reason: failed ? 'Error' : 'Completed',
    startedAt,
    finishedAt: timestamp(now),
    ...id,
  }
  if (!failed || pod.spec.restartPolicy === 'Never')
    return [{ ...held, state: { terminated }, ready: false, started: false }, undefined]
  const wait = backOffMs(held.restartCount)
  const message = `back-off ${wait / 1000}s restarting failed container=${held.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
  return [
    {
      ...held,
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState: { terminated },
      ready: false,
      started: false,
    },
    wait,
  ]
}

function backOffMs(restarts: number): number {
  return Math.min(firstBackOffMs * 2 ** restarts, longestBackOffMs)
}

function missing(held: ContainerStatus, now: number, pace: Pace): [ContainerStatus, number | undefined] {
  if (held.state.waiting?.reason === 'ImagePullBackOff') return [held, undefined]
  if (held.state.waiting?.reason === 'ErrImagePull') {
    return [
      {
        ...held,
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${held.image}"` } },
      },
      undefined,
    ]
  }
  void now
  const message = `failed to pull and unpack image "${held.image}": failed to resolve reference "${held.image}": ${held.image}: not found`
  return [{ ...held, state: { waiting: { reason: 'ErrImagePull', message } } }, pace.runMs]
}

function podPhase(containers: readonly ContainerStatus[], restartPolicy: string): string {
  if (containers.every(({ state }) => state.terminated) && restartPolicy !== 'Always') {
    return containers.some(({ state }) => state.terminated?.exitCode !== 0) ? 'Failed' : 'Succeeded'
  }
  return containers.every(
    ({ state, restartCount, lastState }) => state.waiting && restartCount === 0 && !lastState.terminated,
  )
    ? 'Pending'
    : 'Running'
}

function conditionsOf(
  before: readonly Condition[],
  pod: Pod,
  containers: readonly ContainerStatus[],
  phase: string,
  now: number,
): Condition[] {
  const done = phase === 'Succeeded'
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name)
  const ready = done || unready.length > 0 ? 'False' : 'True'
  const why = done
    ? { reason: 'PodCompleted' }
    : ready === 'False'
      ? { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
      : {}
  const make = (type: string, status: string, more: object = {}): Condition => ({
    type,
    status,
    lastTransitionTime: timestamp(now),
    ...more,
  })
  const started = phase === 'Pending' ? 'False' : 'True'
  const wanted = [
    make('PodReadyToStartContainers', done ? 'False' : started),
    make('Initialized', 'True', done ? { reason: 'PodCompleted' } : {}),
    make('Ready', ready, why),
    make('ContainersReady', ready, why),
    ...(findCondition(before, 'PodScheduled') ? [] : [make('PodScheduled', 'True')]),
  ]
  void pod
  return wanted.reduce<Condition[]>(
    (conditions, condition) => {
      const index = conditions.findIndex(({ type }) => type === condition.type)
      const [next] = withCondition(conditions.slice(index, index + 1), condition)
      return index < 0 ? [...conditions, condition] : conditions.with(index, next ?? condition)
    },
    [...before],
  )
}

function initStatuses(pod: Pod, startTime: string): Partial<PodStatus> {
  const inits = pod.spec.initContainers ?? []
  if (inits.length === 0) return {}
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: startTime, finishedAt: startTime }
  return {
    initContainerStatuses: inits.map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      state: { terminated },
      lastState: {},
      ready: true,
      restartCount: 0,
      started: false,
    })),
  }
}

function addressOf(pod: Pod): string {
  const bits = fnv32a(pod.metadata.uid ?? '')
  return `10.${64 + ((bits >>> 16) & 63)}.${(bits >>> 8) & 255}.${1 + (bits % 254)}`
}
