import { finalizer } from '../argo/annotations.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import { deletePermission, needsDeletionConfirmation, type SyncOptions } from './sync-options.ts'
import { isSelfReferenced, ownerOf, trackedAs } from './tracking.ts'
import { syncWave } from './wave.ts'

/** What a deletion does, one after another; each has a finalizer of the Application that goes when it is done. */
export type DeletionStep = 'pre-delete' | 'cascade' | 'post-delete' | 'pre-delete-cleanup' | 'post-delete-cleanup'

const finalizersOf: Readonly<Record<DeletionStep, readonly string[]>> = {
  'pre-delete': [finalizer.preDelete],
  cascade: [finalizer.foreground, finalizer.foregroundSuffixed, finalizer.background],
  'post-delete': [finalizer.postDelete],
  'pre-delete-cleanup': [finalizer.preDeleteCleanup],
  'post-delete-cleanup': [finalizer.postDeleteCleanup],
}

/** The steps that an application's finalizers ask for, in their order. */
export function deletionSteps(finalizers: readonly string[]): DeletionStep[] {
  const steps = Object.keys(finalizersOf) as DeletionStep[]
  return steps.filter((step) => finalizersOf[step].some((name) => finalizers.includes(name)))
}

/** The finalizers that are left once some steps are done; other people's stay. */
export function finalizersAfter(finalizers: readonly string[], done: readonly DeletionStep[]): string[] {
  const gone = new Set(done.flatMap((step) => finalizersOf[step]))
  return finalizers.filter((name) => !gone.has(name))
}

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
  /** What is being deleted already, and has not gone yet. */
  readonly leaving?: readonly KubeObject[]
}

/** One round: the highest wave goes, the next only when it is gone. Resumable, as it looks at nothing but what is there. */
export function cascadeStep(input: CascadeInput): CascadeStep {
  const { settings, options } = input
  const tracked = input.live.filter(
    (live) =>
      ownerOf(live, settings) === settings.instance &&
      (isSelfReferenced(live, undefined, settings) || isGenerated(live, settings)) &&
      input.permitted(live),
  )
  const leaving = tracked.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
  if (leaving.length > 0) return { done: false, remove: [], waiting: waitingFor('deletion of', leaving), leaving }
  const ours = tracked.filter(
    (live) => !isDefinition(live) && !isItself(live, settings) && deletePermission(live, options) !== 'no',
  )
  const unapproved = ours.filter((live) => needsDeletionConfirmation(live, options) && !isApproved(input))
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

/** Whether a sync of ours made up the name of this very object: the id that it was given had none yet. */
function isGenerated(live: KubeObject, settings: SyncSettings): boolean {
  const id = trackedAs(live, settings)
  const { group, kind } = gvkOf(live)
  const { namespace = '', generateName } = live.metadata
  return (
    (generateName ?? '') !== '' &&
    id?.name === '' &&
    id.group === group &&
    id.kind === kind &&
    (id.namespace === namespace || namespace === '')
  )
}

function isApproved({ approvedAt, deletingSince }: CascadeInput): boolean {
  if (approvedAt === undefined) return false
  return deletingSince === undefined || Date.parse(approvedAt) >= Date.parse(deletingSince)
}

function isDefinition(live: KubeObject): boolean {
  return gvkOf(live).group === 'apiextensions.k8s.io' && live.kind === 'CustomResourceDefinition'
}

/** An application that manages itself does not delete itself twice. */
function isItself(live: KubeObject, { instance }: SyncSettings): boolean {
  const { group, kind } = gvkOf(live)
  if (group !== 'argoproj.io' || kind !== 'Application') return false
  const { namespace = '', name = '' } = live.metadata
  return instance === name || instance === `${namespace}_${name}`
}

/** What is waited for, in words. */
export function waitingFor(what: string, objects: readonly KubeObject[]): string {
  const [first] = objects
  if (!first) return ''
  const { group, kind, name } = keyOf(first)
  const more = objects.length > 1 ? ` and ${objects.length - 1} more resources` : ''
  return `waiting for ${what} ${group}/${kind}/${name}${more}`
}
