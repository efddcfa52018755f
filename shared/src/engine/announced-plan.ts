import { Type, type Static } from 'typebox'
import type { SyncPhase } from '../argo/application.ts'
import type { SyncTask } from './plan.ts'
import { prunePermission, type SyncOptions } from './sync-options.ts'

/** One thing that a sync will do, as it is announced before anything is done. */
export const PlannedStep = Type.Object({
  phase: Type.Unsafe<SyncPhase>(Type.String()),
  wave: Type.Integer(),
  group: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  /** `run` a hook, `create`, `update`, apply what is as it should be (`apply`), `prune`, or leave what Git dropped (`keep`). */
  does: Type.Unsafe<'run' | 'create' | 'update' | 'apply' | 'prune' | 'keep'>(Type.String()),
})
export type PlannedStep = Static<typeof PlannedStep>

/** The plan of a sync as data, in the order in which it is run. */
export function announcedPlan(
  tasks: readonly SyncTask[],
  { prune, options }: { readonly prune: boolean; readonly options: SyncOptions },
): PlannedStep[] {
  return tasks.map((task) => ({
    phase: task.phase,
    // The namespace that is made first of all has no wave of its own.
    wave: task.createsNamespace || task.wave === Number.MIN_SAFE_INTEGER ? 0 : task.wave,
    group: task.key.group,
    kind: task.key.kind,
    namespace: task.key.namespace,
    name: task.key.name,
    does: verb(task, prune, options),
  }))
}

/**
 * Whether a plan says more than the rows of its outcome will: something comes after something, or goes. That the
 * destination's namespace comes first goes without saying.
 */
export function isWorthTelling(all: readonly PlannedStep[]): boolean {
  const plan = all.filter(({ phase, does }) => phase !== 'PreSync' || does === 'run')
  const [first] = plan
  return plan.some(
    ({ phase, wave, does }) => phase !== first?.phase || wave !== first.wave || does === 'prune' || does === 'run',
  )
}

function verb(task: SyncTask, prune: boolean, options: SyncOptions): PlannedStep['does'] {
  if (!task.target) return prune && task.live && prunePermission(task.live, options) !== 'no' ? 'prune' : 'keep'
  if (task.hook) return 'run'
  if (!task.live) return 'create'
  return task.outOfSync ? 'update' : 'apply'
}
