import type { OperationState } from '../argo/application.ts'
import { releases } from './operation-actions.ts'
import { hookOutcome, progressOf } from './operation-progress.ts'
import type { Action, Step, StepObservation } from './operation-types.ts'
import { isRunning, ResultRows, withPhase } from './tasks.ts'

/**
 * Ends at once: hooks that run are deleted, those that have just ended keep what came of them, what was applied stays.
 * The end is told once the deletions are done.
 */
export function terminate(state: OperationState, seen: StepObservation): Step {
  const all = progressOf(state, seen)
  const actions: Action[] = []
  const rows = new ResultRows(state)
  for (const one of all) {
    const { task } = one
    if (!task.hook || !isRunning(one)) continue
    if (!task.live) {
      rows.set(task, { hookPhase: 'Succeeded', message: 'Terminated' })
      continue
    }
    const outcome = hookOutcome(task, seen.health(task.live))
    const running = outcome.hookPhase === 'Running'
    const remove = running || task.deletePolicies.has('HookFailed')
    actions.push({ type: remove ? 'delete-hook' : 'release-hook', task, live: task.live })
    rows.set(task, running ? { hookPhase: 'Failed', message: 'Terminated' } : outcome)
  }
  const groups = [...releases(all), ...(actions.length > 0 ? [actions] : [])]
  const after = rows.state()
  if (groups.length > 0) return { state: after, actions: groups }
  return { state: withPhase(after, 'Failed', 'Operation terminated', seen.now), actions: [] }
}
