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

/** The state with a task's row set; fields that are not given, and empty messages, keep what they were. */
export function withResult(state: OperationState, task: SyncTask, change: Partial<ResourceResult>): OperationState {
  const rows = state.syncResult?.resources ?? []
  const at = rows.findIndex((row) => resultId(row) === task.id)
  const { message, ...rest } = change
  // An empty message says nothing new: the one before stays.
  const row: ResourceResult = { ...(rows[at] ?? emptyRow(task)), ...rest, ...(message && { message }) }
  const resources = at < 0 ? [...rows, row] : rows.with(at, row)
  return { ...state, syncResult: { revision: '', ...state.syncResult, resources } }
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
