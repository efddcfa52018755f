import { annotation } from '../argo/annotations.ts'
import type { HealthStatus, HealthStatusCode } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString } from '../k8s/ref.ts'
import { hasOption } from './annotation-options.ts'
import { waitingFor } from './delete.ts'
import { deletePoliciesOf } from './hooks.ts'
import { isWorse } from './health/aggregate.ts'

export type DeletePhase = 'PreDelete' | 'PostDelete'

const helmWords: Readonly<Record<DeletePhase, string>> = { PreDelete: 'pre-delete', PostDelete: 'post-delete' }

/** Whether an object is a hook of a deletion's phase, by Argo CD's word or Helm's. */
export function isDeleteHookOf(object: KubeObject, phase: DeletePhase): boolean {
  return hasOption(object, annotation.hook, phase) || hasOption(object, annotation.helmHook, helmWords[phase])
}

/** What is to be done about a deletion's hooks: create, delete, wait, or nothing any more. */
export interface DeleteHooksStep {
  readonly create: readonly KubeObject[]
  readonly remove: readonly KubeObject[]
  readonly waiting?: string
  readonly failed?: string
  readonly done: boolean
}

type Health = (live: KubeObject) => HealthStatus | undefined

/**
 * One round of running hooks: what Git has and the cluster has not is created, then everything must be healthy. A hook
 * that failed is deleted, so that a better one can take its place, and the deletion says so and goes on trying.
 */
export function runDeleteHooks(
  phase: DeletePhase,
  manifests: readonly KubeObject[],
  live: readonly KubeObject[],
  health: Health,
): DeleteHooksStep {
  const running = live.filter((object) => isDeleteHookOf(object, phase))
  const there = new Set(running.map((object) => keyString(keyOf(object))))
  const create = manifests.filter((object) => isDeleteHookOf(object, phase) && !there.has(keyString(keyOf(object))))
  const nothing = { create: [], remove: [], done: false } as const
  if (create.length > 0) return { ...nothing, create, waiting: waitingFor(`completion of ${phase} hook`, create) }
  const failed = running.filter((object) => health(object)?.status === 'Degraded')
  if (failed.length > 0) {
    const names = failed.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`).join(', ')
    return { ...nothing, remove: failed, failed: `${phase} hook(s) failed: ${names}` }
  }
  const open = running.filter((object) => health(object)?.status === 'Progressing')
  if (open.length > 0) return { ...nothing, waiting: waitingFor(`completion of ${phase} hook`, open) }
  return { ...nothing, done: true }
}

/** One round of taking away hooks that have run: those whose policy says so. */
export function cleanDeleteHooks(phase: DeletePhase, live: readonly KubeObject[], health: Health): DeleteHooksStep {
  const hooks = live.filter((object) => isDeleteHookOf(object, phase))
  let worst: HealthStatusCode = 'Healthy'
  for (const hook of hooks) {
    const status = health(hook)?.status ?? 'Healthy'
    if (isWorse(worst, status)) worst = status
  }
  const going = hooks.filter((hook) => {
    const policies = deletePoliciesOf(hook)
    return (
      (policies.has('HookFailed') && worst === 'Degraded') || (policies.has('HookSucceeded') && worst === 'Healthy')
    )
  })
  if (going.length === 0) return { create: [], remove: [], done: true }
  const remove = going.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  return { create: [], remove, done: false, waiting: waitingFor(`deletion of ${phase} hook`, going) }
}
