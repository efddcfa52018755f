import type { StepObservation } from './operation-types.ts'
import type { SyncTask } from './plan.ts'
import { prunePermission } from './sync-options.ts'
import type { TaskProgress } from './tasks.ts'

/**
 * Why a sync waits, in the words that people and scripts look for: hooks are named before other objects, and what a
 * person has to confirm before both.
 */
export function waitMessage(
  waiting: readonly TaskProgress[],
  reason: 'healthy' | 'deletion',
  seen: Pick<StepObservation, 'pruneConfirmed' | 'options'>,
): string {
  const hooks = waiting.filter(({ task }) => task.hook)
  const unconfirmed = waiting.filter(({ task }) => needsConfirmation(task, seen))
  const named = unconfirmed.length > 0 ? unconfirmed : waiting
  const first = unconfirmed[0] ?? hooks[0] ?? waiting[0]
  if (!first) return ''
  const { key } = first.task
  const what =
    unconfirmed.length > 0
      ? 'pruning confirmation of'
      : reason === 'deletion'
        ? `deletion of${hooks.length > 0 ? ' hook' : ''}`
        : hooks.length > 0
          ? 'completion of hook'
          : 'healthy state of'
  const kinds = hooks.length === waiting.length ? 'hooks' : 'resources'
  const more = named.length > 1 ? ` and ${named.length - 1} more ${kinds}` : ''
  return `waiting for ${what} ${key.group}/${key.kind}/${key.name}${more}`
}

/** Whether an object may be pruned only once somebody has said so. */
export function needsConfirmation(
  task: SyncTask,
  { pruneConfirmed, options }: Pick<StepObservation, 'pruneConfirmed' | 'options'>,
): boolean {
  return !pruneConfirmed && !task.target && !!task.live && prunePermission(task.live, options) === 'confirm'
}
