import type { SyncOperation, SyncPhase } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString, type ResourceKey } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import type { Comparison, ComparedResource } from './compare-types.ts'
import { hookTypes, isHook, isSkipped } from './hook-type.ts'
import { deletePoliciesOf, hookObject, type HookDeletePolicy } from './hooks.ts'
import { kindRank } from './kind-order.ts'
import { namespaceManaged } from './namespace.ts'
import { objectHas, type SyncOptions } from './sync-options.ts'
import { syncWave } from './wave.ts'
import { mirroredWaves } from './waves.ts'
import { inOrder } from '../lang/order.ts'

/** One thing to do to one object in one phase and wave. */
export interface SyncTask {
  /** The same in every step of an operation. */
  readonly id: string
  readonly phase: SyncPhase
  readonly wave: number
  readonly key: ResourceKey
  /** The namespace of its row: a target without one shows the destination's, cluster-scoped kinds included. */
  readonly namespace: string
  readonly version: string
  /** Absent: the object is to be pruned. */
  readonly target?: KubeObject
  readonly live?: KubeObject
  readonly hook: boolean
  readonly outOfSync: boolean
  /** When a hook's object is deleted. */
  readonly deletePolicies: ReadonlySet<HookDeletePolicy>
  /** Nobody serves its kind yet: something else in this sync, or somebody else, is to bring it. */
  readonly unserved?: boolean
  /** The destination's namespace, made on the application's behalf. */
  readonly createsNamespace?: boolean
}

export interface PlanInput {
  readonly comparison: Comparison
  readonly settings: SyncSettings
  readonly sync: SyncOperation
  readonly options: SyncOptions
  readonly revision: string
  readonly startedAt: string
  readonly live: (key: ResourceKey) => KubeObject | undefined
  /** Whether the cluster serves a kind; all are where this is not said. */
  readonly served?: (key: ResourceKey) => boolean
  /** Who may not see whether the destination's namespace is there may not make it either: it is taken to be there. */
  readonly isHomeHidden?: boolean
}

const phaseOrder: readonly SyncPhase[] = ['PreDelete', 'PreSync', 'Sync', 'PostSync', 'SyncFail', 'PostDelete', 'Skip']

/** All tasks of a sync in the order they run: phase, wave, kind, name. */
export function planSync(input: PlanInput): readonly SyncTask[] {
  const selective = (input.sync.resources?.length ?? 0) > 0
  const withHooks = !selective && input.sync.syncStrategy?.apply === undefined
  const resources = resourceTasks(input)
  const tasks = [
    ...namespaceTask(input, resources),
    ...inPruneOrder(resources, input.options),
    ...(withHooks ? hookTasks(input) : []),
  ]
  const { served = () => true } = input
  const known = tasks.map((task) => (served(task.key) ? task : { ...task, unserved: true }))
  return bubbled(known.toSorted(compareTasks))
}

/** Total order of tasks, whatever order they come in. */
export function compareTasks(a: SyncTask, b: SyncTask): number {
  return (
    phaseOrder.indexOf(a.phase) - phaseOrder.indexOf(b.phase) ||
    a.wave - b.wave ||
    kindRank(a.key.kind) - kindRank(b.key.kind) ||
    inOrder(a.key.name, b.key.name) ||
    inOrder(a.key.kind, b.key.kind) ||
    inOrder(a.id, b.id)
  )
}

/** One task; its id names phase and object. `home` is the destination's namespace. */
export function taskOf(
  phase: SyncPhase,
  wave: number,
  target: KubeObject | undefined,
  live: KubeObject | undefined,
  flags: { readonly hook: boolean; readonly outOfSync: boolean; readonly home?: string | undefined },
): SyncTask {
  const object = target ?? live
  if (object === undefined) throw new Error('a task needs an object')
  const key = keyOf(object)
  const { hook, outOfSync, home } = flags
  const namespace = key.namespace || (target && home ? home : '')
  return {
    id: `${phase}/${keyString({ ...key, namespace })}`,
    phase,
    wave,
    key,
    namespace,
    version: gvkOf(object).version,
    deletePolicies: hook ? deletePoliciesOf(object) : none,
    hook,
    outOfSync,
    ...(target && { target }),
    ...(live && { live }),
  }
}

const none: ReadonlySet<HookDeletePolicy> = new Set()

function resourceTasks(input: PlanInput): SyncTask[] {
  const chosen = input.comparison.resources.filter(
    (resource) =>
      // What Git says counts: a hook of an earlier commit may be an ordinary object by now.
      (resource.target
        ? !isHook(resource.target) && !isSkipped(resource.target)
        : !resource.hook && resource.row.requiresPruning) && isSelected(resource, input.sync),
  )
  const home = input.settings.destination.namespace
  return chosen.map((resource) =>
    taskOf('Sync', syncWave(resource.target ?? resource.live ?? emptyObject), resource.target, resource.live, {
      hook: false,
      outOfSync: resource.modified || !resource.target || !resource.live,
      home,
    }),
  )
}

const emptyObject: KubeObject = { apiVersion: 'v1', kind: '', metadata: {} }

/** Whether a selective sync names the object; a full sync names all. */
export function isSelected(resource: Pick<ComparedResource, 'key'>, sync: SyncOperation): boolean {
  if (!sync.resources || sync.resources.length === 0) return true
  const { group, kind, namespace, name } = resource.key
  return sync.resources.some(
    (wanted) =>
      (wanted.group ?? '') === group &&
      wanted.kind === kind &&
      wanted.name === name &&
      (!wanted.namespace || wanted.namespace === namespace),
  )
}

function hookTasks(input: PlanInput): SyncTask[] {
  const home = input.settings.destination.namespace
  return input.comparison.hooks.flatMap((hook) =>
    hookTypes(hook)
      .filter((phase) => phase !== 'Skip' && phase !== 'PreDelete' && phase !== 'PostDelete')
      .map((phase) => {
        const target = hookObject(hook, phase, input)
        return taskOf(phase, syncWave(hook), target, input.live(keyOf(target)), { hook: true, outOfSync: false, home })
      }),
  )
}

/** The destination's namespace, where it is to be made and the manifests do not bring it. */
function namespaceTask(input: PlanInput, tasks: readonly SyncTask[]): SyncTask[] {
  const name = input.settings.destination.namespace
  if (!input.options.createNamespace || !name || input.isHomeHidden) return []
  if (
    tasks.some(
      (task) => task.target && task.key.group === '' && task.key.kind === 'Namespace' && task.key.name === name,
    )
  )
    return []
  const live = input.live({ group: '', kind: 'Namespace', namespace: '', name })
  const managed = input.settings.syncPolicy?.managedNamespaceMetadata
  if (live && !managed) return []
  const target = managed ? namespaceManaged(name, managed) : { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  const task = taskOf('PreSync', Number.MIN_SAFE_INTEGER, target, live, { hook: false, outOfSync: true })
  return [{ ...task, createsNamespace: !live }]
}

/** Prunes go through the waves the other way round; `PruneLast` goes after everything. */
function inPruneOrder(tasks: readonly SyncTask[], options: SyncOptions): SyncTask[] {
  const isLast = (task: SyncTask) => options.pruneLast || objectHas(task.live, 'PruneLast=true')
  const prunes = tasks.filter((task) => !task.target)
  const mirrored = mirroredWaves(prunes.map((task) => task.wave))
  const last = Math.max(0, ...tasks.map((task) => task.wave)) + 1
  return tasks.map((task) =>
    task.target ? task : { ...task, wave: isLast(task) ? last : (mirrored.get(task.wave) ?? task.wave) },
  )
}

/** Moves a Namespace before the first object in it, and then a CRD before the first object of its kind. */
function bubbled(tasks: readonly SyncTask[]): readonly SyncTask[] {
  return movedBefore(movedBefore(tasks, namespaceUsers), kindUsers)
}

type Users = (task: SyncTask) => ((other: SyncTask) => boolean) | undefined

function movedBefore(tasks: readonly SyncTask[], usersOf: Users): readonly SyncTask[] {
  const result = [...tasks]
  for (const task of tasks) {
    const uses = task.target && usersOf(task)
    if (!uses) continue
    const from = result.indexOf(task)
    const first = result.findIndex((other) => other.target !== undefined && !usersOf(other) && uses(other))
    const user = result[first]
    if (user === undefined || first > from) continue
    result.splice(from, 1)
    result.splice(first, 0, { ...task, phase: user.phase, wave: user.wave })
  }
  return result
}

function namespaceUsers({ key }: SyncTask): ReturnType<Users> {
  if (key.group !== '' || key.kind !== 'Namespace') return undefined
  return (other) => other.namespace === key.name
}

function kindUsers({ target }: SyncTask): ReturnType<Users> {
  const defined = target && definedKind(target)
  return defined && (({ key }) => key.group === defined.group && key.kind === defined.kind)
}

/** The group and kind that a CustomResourceDefinition brings. */
export function definedKind(target: KubeObject): { group: string; kind: string } | undefined {
  if (gvkOf(target).group !== 'apiextensions.k8s.io' || target.kind !== 'CustomResourceDefinition') return undefined
  const spec = target['spec'] as { group?: string; names?: { kind?: string } } | undefined
  return spec?.group && spec.names?.kind ? { group: spec.group, kind: spec.names.kind } : undefined
}
