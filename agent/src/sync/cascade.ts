import { annotation } from '@flotilla/shared/argo/annotations'
import type { HealthStatus } from '@flotilla/shared/argo/application'
import { cascadeStep, deleteHooksStep } from '@flotilla/shared/engine/delete'
import { hookObject } from '@flotilla/shared/engine/hooks'
import { syncOptionsOf } from '@flotilla/shared/engine/sync-options'
import { kindPermitted } from '@flotilla/shared/engine/project-permits'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf } from '@flotilla/shared/k8s/ref'
import type { Live } from '../live/live.ts'
import type { Policy } from '../policy.ts'
import type { Executor } from './execute.ts'
import type { Observation } from './observe.ts'

export interface CascadeContext {
  readonly live: Live
  readonly executor: Executor
  readonly policy: Policy
  readonly health: (live: KubeObject) => HealthStatus | undefined
  readonly propagation: 'Foreground' | 'Background'
  readonly deletingSince: string
  readonly uncertain: string | undefined
}

export interface CascadeOutcome {
  readonly done: boolean
  readonly waiting?: string
  readonly failed?: string
}

/** One round of deleting an application's objects: PreDelete hooks, objects by falling wave, PostDelete hooks, hooks themselves. */
export async function cascade(seen: Observation, context: CascadeContext): Promise<CascadeOutcome> {
  const { live, executor } = context
  const { settings, comparison } = seen
  const begin = { revision: seen.bundle.revisions[0] ?? '', startedAt: context.deletingSince }
  const liveHook = (phase: 'PreDelete' | 'PostDelete') => (hook: KubeObject) =>
    live.store.object(keyOf(hookObject(hook, phase, begin)))

  const pre = deleteHooksStep(comparison.hooks, 'PreDelete', liveHook('PreDelete'), context.health)
  if (!pre.done) return createHooks(pre, 'PreDelete')
  const options = syncOptionsOf(settings.syncPolicy?.syncOptions, settings.argocdCm)
  const objects = live.store.trackedBy(settings.instance).flatMap(({ key }) => live.store.object(key) ?? [])
  const troubles = [...live.unlisted()].map(([kind, reason]) => `${kind}: ${reason}`)
  const round = cascadeStep({
    settings,
    options,
    live: objects,
    permitted: (object) => mayDelete(object, seen, context),
    uncertain: context.uncertain ?? (troubles.length > 0 ? troubles.join('; ') : undefined),
    approvedAt: settings.annotations[annotation.deletionApproved],
    deletingSince: context.deletingSince,
  })
  if (!round.done) {
    const outcomes = await Promise.allSettled(
      round.remove.map((object) => executor.remove(object, context.propagation)),
    )
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    return {
      done: false,
      ...(round.waiting !== undefined && { waiting: round.waiting }),
      ...(failed && { failed: String((failed.reason as Error).message) }),
    }
  }
  const post = deleteHooksStep(comparison.hooks, 'PostDelete', liveHook('PostDelete'), context.health)
  if (!post.done) return createHooks(post, 'PostDelete')
  const left = (['PreDelete', 'PostDelete'] as const).flatMap((phase) =>
    comparison.hooks.flatMap((hook) => liveHook(phase)(hook) ?? []),
  )
  await Promise.all(left.map((hook) => executor.remove(hook, 'Background').then(() => executor.release(hook))))
  return { done: true }

  async function createHooks(
    step: ReturnType<typeof deleteHooksStep>,
    phase: 'PreDelete' | 'PostDelete',
  ): Promise<CascadeOutcome> {
    await Promise.all(step.create.map((hook) => executor.apply(hookObject(hook, phase, begin))))
    return {
      done: false,
      ...(step.waiting !== undefined && { waiting: step.waiting }),
      ...(step.failed !== undefined && { failed: step.failed }),
    }
  }
}

function mayDelete(object: KubeObject, { settings }: Observation, { live, policy }: CascadeContext): boolean {
  const key = keyOf(object)
  const namespaced = live.discovery().kinds.get(`${key.group}/${key.kind}`)?.namespaced ?? true
  return kindPermitted(settings.projectSpec, key, namespaced) && policy.refuses(key) === undefined
}
