import type { OperationPhase, OperationState, ResourceResult } from '../argo/application.ts'
import type { SyncTask } from './plan.ts'

/** A task beside what has come of it so far. */
export interface TaskProgress {
  readonly task: SyncTask
  readonly result: ResourceResult | undefined
}

/** Whether nothing has been tried yet. */
export function isPending({ result }: TaskProgress): boolean {
  return result?.hookPhase === undefined
}

export function isRunning({ result }: TaskProgress): boolean {
  return result?.hookPhase === 'Running'
}

/** Whether it has come to its end, good or bad. */
export function isCompleted({ result }: TaskProgress): boolean {
  const phase = result?.hookPhase
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Error'
}

export function isUnsuccessful({ result }: TaskProgress): boolean {
  return result?.hookPhase === 'Failed' || result?.hookPhase === 'Error'
}

/** Names the task that a row of `syncResult.resources` tells of. */
export function resultId(row: ResourceResult): string {
  return `${row.syncPhase ?? 'Sync'}/${row.group}/${row.kind}/${row.namespace}/${row.name}`
}

/** The rows of an operation's result while many of them are written: to make a state for each would take its square. */
export class ResultRows {
  readonly #state: OperationState
  readonly #rows: ResourceResult[]
  readonly #places = new Map<string, number>()
  #changed = false

  constructor(state: OperationState) {
    this.#state = state
    this.#rows = [...(state.syncResult?.resources ?? [])]
    for (const [place, row] of this.#rows.entries()) {
      const id = resultId(row)
      if (!this.#places.has(id)) this.#places.set(id, place)
    }
  }

  /** Sets a task's row; fields that are not given, and empty messages, keep what they were. */
  set(task: SyncTask, { message, ...rest }: Partial<ResourceResult>): void {
    const place = this.#places.get(task.id) ?? this.#rows.length
    this.#places.set(task.id, place)
    // An empty message says nothing new: the one before stays.
    this.#rows[place] = { ...(this.#rows[place] ?? emptyRow(task)), ...rest, ...(message && { message }) }
    this.#changed = true
  }

  /** The state with all that was set. */
  state(): OperationState {
    if (!this.#changed) return this.#state
    return { ...this.#state, syncResult: { revision: '', ...this.#state.syncResult, resources: [...this.#rows] } }
  }
}

/** The state ended (or going on) with a phase and its reason. */
export function withPhase(state: OperationState, phase: OperationPhase, message: string, now: string): OperationState {
  const ended = phase !== 'Running' && phase !== 'Terminating'
  const finishedAt = now < state.startedAt ? state.startedAt : now
  return { ...state, phase, message, ...(ended && { finishedAt }) }
}

function emptyRow(task: SyncTask): ResourceResult {
  const images = imagesOf(task.target ?? task.live)
  return {
    group: task.key.group,
    version: task.version,
    kind: task.key.kind,
    namespace: task.namespace,
    name: task.key.name,
    syncPhase: task.phase,
    ...(task.hook && { hookType: task.phase }),
    ...(images.length > 0 && { images }),
  }
}

/** The images of a pod or of what makes pods, sorted, each once. */
export function imagesOf(object: { readonly [field: string]: unknown } | undefined): string[] {
  const images = new Set<string>()
  for (const path of podSpecPaths) {
    const spec = path.reduce<unknown>((value, step) => field(value, step), object)
    for (const list of ['initContainers', 'containers']) {
      const containers = field(spec, list)
      if (!Array.isArray(containers)) continue
      for (const container of containers) {
        const image = field(container, 'image')
        if (typeof image === 'string' && image !== '') images.add(image)
      }
    }
  }
  return [...images].toSorted()
}

const podSpecPaths: readonly (readonly string[])[] = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
]

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
