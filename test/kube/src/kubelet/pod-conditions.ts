import { findCondition, timestamp } from '../controllers/conditions.ts'
import type { Condition, Container, Pod } from '../controllers/types.ts'
import type { ContainerStatus } from './containers.ts'

export function isSidecar(container: Container): boolean {
  return container['restartPolicy'] === 'Always'
}

interface View {
  readonly pod: Pod
  readonly phase: string
  readonly inits: readonly ContainerStatus[]
  readonly containers: readonly ContainerStatus[]
  readonly now: number
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

/** The conditions of a pod that its node knows, after those that others keep. */
export function podConditions(view: View): Condition[] {
  const { pod, now } = view
  const before = pod.status?.conditions ?? []
  const containersReady = areContainersReady(view)
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: hasSandbox(view) ? 'True' : 'False' },
    Initialized: isInitialized(view),
    Ready: containersReady.status === 'True' ? passesGates(pod, before) : containersReady,
    ContainersReady: containersReady,
    ...(findCondition(before, 'PodScheduled') ? {} : { PodScheduled: { status: 'True' } }),
  }
  const next = [...before]
  for (const [type, verdict] of Object.entries(verdicts)) {
    const index = next.findIndex((condition) => condition.type === type)
    const held = index < 0 ? undefined : next[index]
    const moved = held?.status === verdict.status ? held.lastTransitionTime : undefined
    const condition: Condition = {
      type,
      status: verdict.status,
      observedGeneration: pod.metadata.generation ?? 1,
      lastTransitionTime: moved ?? timestamp(now),
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(verdict.message === undefined ? {} : { message: verdict.message }),
    }
    if (index < 0) next.push(condition)
    else next[index] = condition
  }
  return next
}

function hasSandbox({ phase, inits, containers }: View): boolean {
  if (phase === 'Succeeded' || phase === 'Failed') return false
  const waits = ['ContainerCreating', 'PodInitializing']
  return [...inits, ...containers].some(({ state }) => !waits.includes(state.waiting?.reason ?? ''))
}

function isInitialized({ pod, phase, inits, containers }: View): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (containers.some(({ state, lastState }) => state.running ?? state.terminated ?? lastState.terminated))
    return { status: 'True' }
  const incomplete = (pod.spec.initContainers ?? []).filter((container) => {
    const status = inits.find(({ name }) => name === container.name)
    return !(isSidecar(container) ? status?.started : status?.ready)
  })
  if (incomplete.length === 0) return { status: 'True' }
  const names = incomplete.map(({ name }) => name).join(' ')
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  }
}

function areContainersReady({ pod, phase, inits, containers }: View): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const sidecars = inits.filter(({ name }) =>
    pod.spec.initContainers?.some((container) => container.name === name && isSidecar(container)),
  )
  const unready = [...sidecars, ...containers].filter(({ ready }) => !ready).map(({ name }) => name)
  if (unready.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

function passesGates(pod: Pod, conditions: readonly Condition[]): Verdict {
  const gates = (pod.spec['readinessGates'] ?? []) as { conditionType: string }[]
  const problems = gates.flatMap(({ conditionType }) => {
    const held = findCondition(conditions, conditionType)
    if (!held) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return held.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${held.status}`]
  })
  return problems.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') }
}
