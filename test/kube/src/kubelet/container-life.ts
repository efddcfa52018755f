import { timestamp } from '../controllers/conditions.ts'
import { fnv32a } from '../controllers/template-hash.ts'
import type { Container, Pod } from '../controllers/types.ts'
import type { Note } from '../machinery/events.ts'
import type { ContainerStatus, Terminated } from './containers.ts'
import { behaviourOf, plainSurroundings, timelineOf, type Behaviour } from './program.ts'

/** How long things take on a node that only plays at running containers. */
export interface Pace {
  readonly startMs: number
  /** How long a container of `restartPolicy: Never` or `OnFailure`, or one that crashes, lives. */
  readonly runMs: number
  readonly stopMs: number
}

/** One container in its pod, as the node looks at it now. */
export interface Life {
  readonly pod: Pod
  readonly container: Container
  readonly sort: 'regular' | 'init' | 'sidecar' | 'ephemeral'
  readonly held: ContainerStatus | undefined
  /** What must be first has been: init containers start one after the other, the others after them. */
  readonly may: boolean
  readonly now: number
  readonly pace: Pace
}

export interface NextLife {
  readonly status: ContainerStatus
  /** When the next thing happens by itself. */
  readonly againMs?: number
  readonly notes: readonly Note[]
}

const firstBackOffMs = 10_000
const longestBackOffMs = 300_000
const longRunMs = 600_000

/** What becomes of a container: made, started, ended, started again with growing pauses. */
export function nextLife(life: Life): NextLife {
  const { pod, container, held, may, now, pace } = life
  const { name, image } = container
  const reason = life.sort === 'regular' && pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  const initial: ContainerStatus = {
    name,
    state: { waiting: { reason: life.sort === 'regular' ? reason : 'PodInitializing' } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image,
    imageID: '',
    started: false,
  }
  if (!may) return { status: held && held.image === image ? held : initial, notes: [] }
  if (!held || held.image !== image || (held.state.waiting && notStarted(held.state.waiting.reason)))
    return begin(life, held && held.image === image ? held : initial)
  const { waiting, running, terminated } = held.state
  if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff') return missing(life, held)
  if (running) return whileRunning(life, held, running.startedAt)
  if (terminated && !restarts(life, terminated)) return { status: held, notes: [] }
  const last = terminated ?? held.lastState.terminated
  const delay = last ? backOffMs(last, held.restartCount) : 0
  const ended = Date.parse(last?.finishedAt ?? '')
  // Its end is seen for a moment before it is started again.
  const left = ended + Math.max(delay, pace.startMs) - now
  if (left <= 0) return start(life, held, held.restartCount + 1, 'already present')
  if (!terminated || delay === 0 || now < ended + pace.startMs)
    return {
      status: held,
      againMs: terminated ? Math.min(left, Math.max(1, ended + pace.startMs - now)) : left,
      notes: [],
    }
  return backOff(life, held, terminated, delay, left)
}

function notStarted(reason: string): boolean {
  return reason === 'ContainerCreating' || reason === 'PodInitializing'
}

function begin(life: Life, held: ContainerStatus): NextLife {
  const { pod, pace, now, container } = life
  const since = pod.status?.startTime === undefined ? now : Date.parse(sinceOf(life))
  const left = since + pace.startMs - now
  const pulling = note(life, 'Normal', 'Pulling', `Pulling image "${container.image}"`)
  if (left > 0) return { status: held, againMs: left, notes: [] }
  return behaviourOf(container.image) === 'missing' ? missing(life, held, [pulling]) : start(life, held, 0, 'pulled')
}

/** When what came before was over. */
function sinceOf({ pod, sort }: Life): string {
  const inits = (pod.status?.['initContainerStatuses'] ?? []) as ContainerStatus[]
  const ends = inits.map(({ state }) => state.terminated?.finishedAt ?? '')
  return sort === 'sidecar'
    ? (pod.status?.startTime ?? '')
    : ([pod.status?.startTime ?? '', ...ends].toSorted().at(-1) ?? '')
}

function start(life: Life, held: ContainerStatus, restartCount: number, image: 'pulled' | 'already present'): NextLife {
  const { container, pod, pace, now } = life
  const digest = fnv32a(held.image).toString(16).padStart(8, '0').repeat(8)
  const id = fnv32a(`${pod.metadata.uid}/${held.name}/${restartCount}`).toString(16).padStart(8, '0').repeat(8)
  const last = held.state.terminated ?? held.lastState.terminated
  const took = `${pace.startMs}ms`
  const pulled =
    image === 'pulled'
      ? [
          note(life, 'Normal', 'Pulling', `Pulling image "${container.image}"`),
          note(
            life,
            'Normal',
            'Pulled',
            `Successfully pulled image "${container.image}" in ${took} (${took} including waiting). Image size: 10000000 bytes.`,
          ),
        ]
      : [
          note(
            life,
            'Normal',
            'Pulled',
            `Container image "${container.image}" already present on machine and can be accessed by the pod`,
          ),
        ]
  const started: ContainerStatus = {
    ...held,
    state: { running: { startedAt: timestamp(now) } },
    lastState: last ? { terminated: last } : {},
    ready: false,
    started: true,
    restartCount,
    imageID: `${held.image.split('@')[0]?.replace(/:[^/:]+$/, '')}@sha256:${digest}`,
    containerID: `containerd://${id}`,
  }
  const running = whileRunning(life, started, timestamp(now))
  return {
    ...running,
    notes: [
      ...pulled,
      note(life, 'Normal', 'Created', 'Container created'),
      note(life, 'Normal', 'Started', 'Container started'),
      ...running.notes,
    ],
  }
}

function whileRunning(life: Life, held: ContainerStatus, startedAt: string): NextLife {
  const { now, container, sort } = life
  const end = endOf(life)
  const left = end ? Date.parse(startedAt) + end.afterMs - now : Infinity
  if (end && left <= 0) {
    const id = held.containerID === undefined ? {} : { containerID: held.containerID }
    const reason = end.exitCode === 0 ? 'Completed' : 'Error'
    const terminated = { exitCode: end.exitCode, reason, startedAt, finishedAt: timestamp(now), ...id }
    const ready = sort === 'init' && end.exitCode === 0
    const status = { ...held, state: { terminated }, ready, started: false }
    const again = restarts(life, terminated) ? { againMs: life.pace.startMs } : {}
    return { status, ...again, notes: [] }
  }
  const readyIn = readyAfterMs(life)
  const unready = sort === 'init' || readyIn === undefined
  const readyLeft = unready ? Infinity : Date.parse(startedAt) + readyIn - now
  const next = Math.min(left, readyLeft > 0 ? readyLeft : Infinity)
  const failing =
    container['readinessProbe'] !== undefined && readyIn === undefined && held.ready === false && sort !== 'init'
      ? [note(life, 'Warning', 'Unhealthy', 'Readiness probe failed: the image says that it is never ready')]
      : []
  return {
    status: { ...held, ready: readyLeft <= 0, started: true },
    ...(Number.isFinite(next) ? { againMs: Math.max(0, next) } : {}),
    notes: failing,
  }
}

/** When a container that has started is ready; undefined: never. */
function readyAfterMs({ container }: Life): number | undefined {
  if (behaviourOf(container.image) === 'never-ready') return undefined
  const probe = container['readinessProbe'] as
    | { initialDelaySeconds?: number; exec?: { command?: string[] } }
    | undefined
  if (!probe) return 0
  const command = probe.exec?.command
  if (command) {
    const checked = timelineOf(
      { ...container, command, args: [] },
      { env: {}, files: new Map(), cwd: '/', hostname: '', now: () => 0 },
    )
    if (command[0] === 'false' || (checked.end && checked.end.exitCode !== 0 && command[0] !== 'cat')) return undefined
  }
  return (probe.initialDelaySeconds ?? 0) * 1000
}

/** When and how a container ends by itself. */
function endOf({ pod, container, sort, pace }: Life): { afterMs: number; exitCode: number } | undefined {
  const behaviour: Behaviour = behaviourOf(container.image)
  if (behaviour === 'crashes') return { afterMs: pace.runMs, exitCode: 1 }
  const { end, unknown } = timelineOf(container, plainSurroundings(pod, container))
  if (end) return { afterMs: Math.max(end.atMs, pace.runMs), exitCode: end.exitCode }
  const ends = sort === 'init' || (sort === 'regular' && pod.spec.restartPolicy !== 'Always' && behaviour === 'runs')
  return unknown && ends ? { afterMs: pace.runMs, exitCode: 0 } : undefined
}

function restarts({ pod, sort }: Life, { exitCode }: Terminated): boolean {
  const { restartPolicy = 'Always' } = pod.spec
  if (sort === 'sidecar') return true
  if (sort === 'ephemeral') return false
  if (sort === 'init') return exitCode !== 0 && restartPolicy !== 'Never'
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0)
}

/** None before the first restart, and after a long run; then ten seconds, doubled each time, at most five minutes. */
function backOffMs({ startedAt, finishedAt }: Terminated, restarts: number): number {
  if (restarts === 0 || Date.parse(finishedAt) - Date.parse(startedAt) >= longRunMs) return 0
  return Math.min(firstBackOffMs * 2 ** (restarts - 1), longestBackOffMs)
}

function backOff(life: Life, held: ContainerStatus, terminated: Terminated, delay: number, left: number): NextLife {
  const { metadata } = life.pod
  const where = `${metadata.name}_${metadata.namespace}(${metadata.uid})`
  const pause = delay < 60_000 ? `${delay / 1000}s` : `${Math.floor(delay / 60_000)}m${(delay % 60_000) / 1000}s`
  const message = `back-off ${pause} restarting failed container=${held.name} pod=${where}`
  return {
    status: { ...held, state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState: { terminated } },
    againMs: left,
    notes: [note(life, 'Warning', 'BackOff', `Back-off restarting failed container ${held.name} in pod ${where}`)],
  }
}

function missing(life: Life, held: ContainerStatus, before: readonly Note[] = []): NextLife {
  const { image } = held
  const waiting = held.state.waiting?.reason
  if (waiting === 'ImagePullBackOff') return { status: held, notes: [] }
  const failure = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`
  const failed = (text: string): Note => note(life, 'Warning', 'Failed', text)
  if (waiting === 'ErrImagePull') {
    const text = `Back-off pulling image "${image}"`
    return {
      status: {
        ...held,
        state: { waiting: { reason: 'ImagePullBackOff', message: `${text}: ErrImagePull: ${failure}` } },
      },
      notes: [note(life, 'Normal', 'BackOff', text), failed('Error: ImagePullBackOff')],
    }
  }
  return {
    status: { ...held, state: { waiting: { reason: 'ErrImagePull', message: failure } } },
    againMs: life.pace.runMs,
    notes: [...before, failed(`Failed to pull image "${image}": ${failure}`), failed('Error: ErrImagePull')],
  }
}

function note({ pod, container, sort }: Life, type: Note['type'], reason: string, message: string): Note {
  const list = {
    regular: 'containers',
    ephemeral: 'ephemeralContainers',
    init: 'initContainers',
    sidecar: 'initContainers',
  }[sort]
  const host = pod.spec.nodeName
  const fieldPath = `spec.${list}{${container.name}}`
  return { about: pod, type, reason, message, fieldPath, ...(host === undefined ? {} : { host }) }
}
