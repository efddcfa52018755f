import { annotation, finalizer } from '@flotilla/shared/argo/annotations'
import type { HealthStatus } from '@flotilla/shared/argo/application'
import { cascadeStep, type DeletionStep } from '@flotilla/shared/engine/delete'
import { cleanDeleteHooks, runDeleteHooks, type DeleteHooksStep } from '@flotilla/shared/engine/delete-hooks'
import { heldDetails } from '@flotilla/shared/engine/wait-details'
import { namedHook } from '@flotilla/shared/engine/hooks'
import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { syncOptionsOf } from '@flotilla/shared/engine/sync-options'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf } from '@flotilla/shared/k8s/ref'
import type { Live } from '../live/live.ts'
import type { Policy } from '../policy.ts'
import type { Executor } from './execute.ts'
import type { Observation } from './observe.ts'
import { objectPermitted } from '@flotilla/shared/engine/object-permitted'

export interface CascadeContext {
  readonly live: Live
  readonly executor: Executor
  readonly policy: Policy
  readonly health: (live: KubeObject) => HealthStatus | undefined
  readonly propagation: 'Foreground' | 'Background'
  readonly deletingSince: string
  /** The hub knows of an approval that is newer than the bundle. */
  readonly approved: boolean
  readonly uncertain: string | undefined
}

export interface StepOutcome {
  readonly done: boolean
  readonly waiting?: string
  /** What the things are like that it waits for. */
  readonly details?: readonly string[]
  readonly failed?: string
}

/** One round of one step of a deletion; it looks at nothing but what is there, so that it can be taken up anywhere. */
export async function deletionRound(
  step: DeletionStep,
  seen: Observation,
  context: CascadeContext,
): Promise<StepOutcome> {
  const { health, deletingSince } = context
  const begin = { revision: seen.bundle.revisions[0] ?? '', startedAt: deletingSince }
  const live = trackedBy(seen, context)
  switch (step) {
    case 'pre-delete': {
      const hooks = seen.comparison.hooks.map((hook) => namedHook(hook, 'PreDelete', begin))
      const outcome = await workOn(runDeleteHooks('PreDelete', hooks, live, health), context)
      const { failed } = outcome
      return failed === undefined ? outcome : { ...outcome, failed: `error executing pre-delete hooks: ${failed}` }
    }
    case 'cascade':
      return cascade(live, seen, context)
    case 'post-delete': {
      const hooks = seen.comparison.hooks.map((hook) => namedHook(hook, 'PostDelete', begin))
      return workOn(runDeleteHooks('PostDelete', hooks, live, health), context)
    }
    case 'pre-delete-cleanup':
      return workOn(cleanDeleteHooks('PreDelete', live, health), context)
    case 'post-delete-cleanup':
      return workOn(cleanDeleteHooks('PostDelete', live, health), context)
  }
}

async function cascade(
  objects: readonly KubeObject[],
  { settings, hidden }: Observation,
  context: CascadeContext,
): Promise<StepOutcome> {
  // A hook that a sync was running is held by our own finalizer, which nobody else would take off.
  await Promise.all(objects.filter(isHeld).map((object) => context.executor.release(object)))
  const round = cascadeStep({
    settings,
    options: syncOptionsOf(settings.syncPolicy?.syncOptions, settings.argocdCm),
    live: objects,
    permitted: () => true,
    uncertain: context.uncertain ?? (hidden.length > 0 ? hidden.join('; ') : undefined),
    approvedAt: context.approved ? context.deletingSince : settings.annotations[annotation.deletionApproved],
    deletingSince: context.deletingSince,
  })
  if (round.done) return { done: true }
  const failed = await removeAll(round.remove, context)
  const { waiting, leaving = [] } = round
  const details = heldDetails(leaving)
  return { done: false, ...(waiting !== undefined && { waiting }), details, ...failed }
}

/** Does what a round of hooks asks for. */
async function workOn(step: DeleteHooksStep, context: CascadeContext): Promise<StepOutcome> {
  const { executor } = context
  const created = await Promise.allSettled(step.create.map((hook) => executor.create(hook)))
  const refused = firstReason(created)
  const stuck = await removeAll(step.remove, context)
  return {
    done: step.done,
    ...(step.waiting !== undefined && { waiting: step.waiting }),
    ...(step.failed !== undefined && { failed: step.failed }),
    ...(refused !== undefined && { failed: refused }),
    ...stuck,
  }
}

async function removeAll(
  objects: readonly KubeObject[],
  { executor, propagation }: CascadeContext,
): Promise<{ failed?: string }> {
  const outcomes = await Promise.allSettled(objects.map((object) => executor.remove(object, propagation)))
  const failed = firstReason(outcomes)
  return failed === undefined ? {} : { failed }
}

function firstReason(outcomes: readonly PromiseSettledResult<unknown>[]): string | undefined {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  return failed && (failed.reason instanceof Error ? failed.reason.message : String(failed.reason))
}

function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(finalizer.hook) ?? false
}

/** What carries the application's mark and may be touched; kinds that the settings exclude are nobody's. */
function trackedBy({ settings }: Observation, { live, policy }: CascadeContext): KubeObject[] {
  const included = resourceFilter(settings.argocdCm, settings.cluster ?? settings.destination)
  return live.store
    .trackedBy(settings.instance)
    .flatMap(({ key }) => live.store.object(key) ?? [])
    .filter((object) => {
      const key = keyOf(object)
      if (!included(key.group, key.kind)) return false
      const namespaced = live.discovery().kinds.get(`${key.group}/${key.kind}`)?.namespaced ?? true
      return objectPermitted(settings, key, namespaced) && policy.refuses(key) === undefined
    })
}
