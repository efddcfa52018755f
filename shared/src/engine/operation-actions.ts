import { finalizer } from '../argo/annotations.ts'
import type { OperationState, SyncOperation } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyString } from '../k8s/ref.ts'
import type { Action, StepObservation } from './operation-types.ts'
import type { SyncTask } from './plan.ts'
import { applyModeOf, prunePermission } from './sync-options.ts'
import { isCompleted, type TaskProgress } from './tasks.ts'

/** Applies tasks with a target: consecutive objects of one kind go side by side. */
export function applies(tasks: readonly TaskProgress[], state: OperationState, seen: StepObservation): Action[][] {
  const sync = state.operation.sync ?? {}
  const force = sync.syncStrategy?.apply?.force ?? sync.syncStrategy?.hook?.force ?? false
  const groups: Action[][] = []
  let last: string | undefined
  for (const { task } of tasks) {
    if (!task.target) continue
    const mode = applyModeOf(task.target, task.live, seen.options, force)
    const action: Action = { type: 'apply', task, object: task.target, mode }
    if (last === task.key.kind) groups.at(-1)?.push(action)
    else groups.push([action])
    last = task.key.kind
  }
  return groups
}

/** What of a wave is pruned, and what is not, with the reason that its row gets. */
export function unstoppedPrunes(
  wave: readonly TaskProgress[],
  sync: SyncOperation,
  seen: StepObservation,
): { readonly prunes: Action[]; readonly skipped: { readonly task: SyncTask; readonly reason: string }[] } {
  const prunes: Action[] = []
  const skipped: { task: SyncTask; reason: string }[] = []
  for (const { task } of wave) {
    if (task.target || !task.live) continue
    const reason = !sync.prune
      ? 'ignored (requires pruning)'
      : prunePermission(task.live, seen.options) === 'no'
        ? 'ignored (no prune)'
        : undefined
    if (reason !== undefined) skipped.push({ task, reason })
    else {
      const propagation = seen.options.prunePropagation
      prunes.push({ type: 'prune', task, live: task.live, propagation })
    }
  }
  return { prunes, skipped }
}

/** Deletes hooks' objects that are not on their way already, or are held back by our own finalizer. */
export function hookDeletions(of: readonly TaskProgress[]): Action[][] {
  const actions = of.flatMap(({ task }): Action[] =>
    task.live && (task.live.metadata.deletionTimestamp === undefined || isHeld(task.live))
      ? [{ type: 'delete-hook', task, live: task.live }]
      : [],
  )
  return actions.length > 0 ? [actions] : []
}

/** Lets go of hooks that have ended; one that runs in several phases is one object. */
export function releases(of: readonly TaskProgress[]): Action[][] {
  const seen = new Set<string>()
  const actions = of.flatMap((one): Action[] => {
    const { task } = one
    const key = keyString(task.key)
    if (!task.hook || !isCompleted(one) || !task.live || !isHeld(task.live) || seen.has(key)) return []
    seen.add(key)
    return [{ type: 'release-hook', task, live: task.live }]
  })
  return actions.length > 0 ? [actions] : []
}

function isHeld(live: KubeObject): boolean {
  return live.metadata.finalizers?.includes(finalizer.hook) ?? false
}
