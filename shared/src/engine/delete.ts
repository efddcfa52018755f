import type { HealthStatus } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import { hookTypes } from './hook-type.ts'
import { deletePermission, type SyncOptions } from './sync-options.ts'
import { isSelfReferenced, ownerOf } from './tracking.ts'
import { syncWave } from './wave.ts'

export interface CascadeInput {
  readonly settings: SyncSettings
  readonly options: SyncOptions
  /** All live objects that carry the application's mark. */
  readonly live: readonly KubeObject[]
  readonly permitted: (live: KubeObject) => boolean
  /** Why the live objects may not be all there are: nothing is called done until they are. */
  readonly uncertain: string | undefined
  /** `deletion-approved` of the application. */
  readonly approvedAt: string | undefined
  readonly deletingSince: string | undefined
}

/** What to delete next of an application that goes, or that nothing is left. */
export interface CascadeStep {
  readonly done: boolean
  readonly remove: readonly KubeObject[]
  readonly waiting?: string
}

/** One round: the highest wave goes, the next only when it is gone. Resumable, as it looks at nothing but what is there. */
export function cascadeStep(input: CascadeInput): CascadeStep {
  const { settings, options } = input
  const ours = input.live.filter(
    (live) =>
      ownerOf(live, settings) === settings.instance &&
      isSelfReferenced(live, undefined, settings) &&
      !hookTypes(live).some((type) => type === 'PreDelete' || type === 'PostDelete') &&
      !isDefinition(live) &&
      input.permitted(live) &&
      deletePermission(live, options) !== 'no',
  )
  const leaving = ours.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
  if (leaving.length > 0) return { done: false, remove: [], waiting: waitingFor('deletion of', leaving) }
  const unapproved = ours.filter((live) => deletePermission(live, options) === 'confirm' && !isApproved(input))
  if (unapproved.length > 0) {
    return { done: false, remove: [], waiting: waitingFor('deletion confirmation of', unapproved) }
  }
  if (ours.length === 0) {
    return input.uncertain === undefined
      ? { done: true, remove: [] }
      : { done: false, remove: [], waiting: `waiting until all objects are known: ${input.uncertain}` }
  }
  const highest = Math.max(...ours.map(syncWave))
  const remove = ours.filter((live) => syncWave(live) === highest)
  return { done: false, remove, waiting: waitingFor('deletion of', remove) }
}

/** Hooks of a deletion in the order of their waves: what to create, and what is still awaited. */
export interface DeleteHooksStep {
  readonly create: readonly KubeObject[]
  readonly waiting?: string
  readonly failed?: string
  readonly done: boolean
}

/** One round of PreDelete or PostDelete hooks; each wave must be healthy before the next is made. */
export function deleteHooksStep(
  hooks: readonly KubeObject[],
  phase: 'PreDelete' | 'PostDelete',
  live: (hook: KubeObject) => KubeObject | undefined,
  health: (live: KubeObject) => HealthStatus | undefined,
): DeleteHooksStep {
  const due = hooks.filter((hook) => hookTypes(hook).includes(phase))
  const waves = [...new Set(due.map(syncWave))].toSorted((a, b) => a - b)
  for (const wave of waves) {
    const inWave = due.filter((hook) => syncWave(hook) === wave)
    const missing = inWave.filter((hook) => live(hook) === undefined)
    if (missing.length > 0)
      return { done: false, create: missing, waiting: waitingFor(`completion of ${phase} hook`, missing) }
    const open: KubeObject[] = []
    for (const hook of inWave) {
      const found = live(hook)
      const state = found && health(found)
      if (state?.status === 'Degraded') {
        const { kind, name } = keyOf(hook)
        return { done: false, create: [], failed: `${phase} hook ${kind}/${name} failed: ${state.message ?? ''}` }
      }
      if (state && state.status !== 'Healthy') open.push(hook)
    }
    if (open.length > 0) return { done: false, create: [], waiting: waitingFor(`completion of ${phase} hook`, open) }
  }
  return { done: true, create: [] }
}

function isApproved({ approvedAt, deletingSince }: CascadeInput): boolean {
  if (approvedAt === undefined) return false
  return deletingSince === undefined || Date.parse(approvedAt) >= Date.parse(deletingSince)
}

function isDefinition(live: KubeObject): boolean {
  return gvkOf(live).group === 'apiextensions.k8s.io' && live.kind === 'CustomResourceDefinition'
}

function waitingFor(what: string, objects: readonly KubeObject[]): string {
  const [first] = objects
  if (!first) return ''
  const { group, kind, name } = keyOf(first)
  const more = objects.length > 1 ? ` and ${objects.length - 1} more resources` : ''
  return `waiting for ${what} ${group}/${kind}/${name}${more}`
}
