import { annotation } from '../argo/annotations.ts'
import type { SyncOperation, SyncPhase } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString, type ResourceKey } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import type { Comparison, ComparedResource } from './compare-types.ts'
import { hookTypes, isHook, isSkipped } from './hook-type.ts'
import { hookObject } from './hooks.ts'
import { kindRank } from './kind-order.ts'
import { objectOptions, type SyncOptions } from './sync-options.ts'
import { syncWave } from './wave.ts'
import { mirroredWaves } from './waves.ts'

/** One thing to do to one object in one phase and wave. */
export interface SyncTask {
  /** The same in every step of an operation. */
  readonly id: string
  readonly phase: SyncPhase
  readonly wave: number
  readonly key: ResourceKey
  readonly version: string
  /** Absent: the object is to be pruned. */
  readonly target?: KubeObject
  readonly live?: KubeObject
  readonly hook: boolean
  readonly outOfSync: boolean
}

export interface PlanInput {
  readonly comparison: Comparison
  readonly settings: SyncSettings
  readonly sync: SyncOperation
  readonly options: SyncOptions
  readonly revision: string
  readonly startedAt: string
  readonly live: (key: ResourceKey) => KubeObject | undefined
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
  return bubbled(tasks.toSorted(compareTasks))
}

/** Total order of tasks, whatever order they come in. */
export function compareTasks(a: SyncTask, b: SyncTask): number {
  return (
    phaseOrder.indexOf(a.phase) - phaseOrder.indexOf(b.phase) ||
    a.wave - b.wave ||
    kindRank(a.key.kind) - kindRank(b.key.kind) ||
    compareText(a.key.kind, b.key.kind) ||
    compareText(a.key.name, b.key.name) ||
    compareText(a.id, b.id)
  )
}

/** One task; its id names phase and object. */
export function taskOf(
  phase: SyncPhase,
  wave: number,
  target: KubeObject | undefined,
  live: KubeObject | undefined,
  flags: { readonly hook: boolean; readonly outOfSync: boolean },
): SyncTask {
  const object = target ?? live
  if (object === undefined) throw new Error('a task needs an object')
  const key = keyOf(object)
  return {
    id: `${phase}/${keyString(key)}`,
    phase,
    wave,
    key,
    version: gvkOf(object).version,
    ...(target && { target }),
    ...(live && { live }),
    ...flags,
  }
}

function resourceTasks(input: PlanInput): SyncTask[] {
  const chosen = input.comparison.resources.filter(
    (resource) =>
      !resource.hook &&
      (resource.target ? !isHook(resource.target) && !isSkipped(resource.target) : resource.row.requiresPruning) &&
      isSelected(resource, input.sync) &&
      (!input.options.applyOutOfSyncOnly || resource.row.status === 'OutOfSync'),
  )
  return chosen.map((resource) =>
    taskOf('Sync', syncWave(resource.target ?? resource.live ?? emptyObject), resource.target, resource.live, {
      hook: false,
      outOfSync: resource.row.status === 'OutOfSync',
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
  return input.comparison.hooks.flatMap((hook) =>
    hookTypes(hook)
      .filter((phase) => phase !== 'Skip' && phase !== 'PreDelete' && phase !== 'PostDelete')
      .map((phase) => {
        const target = hookObject(hook, phase, input)
        return taskOf(phase, syncWave(hook), target, input.live(keyOf(target)), { hook: true, outOfSync: false })
      }),
  )
}

/** The destination's namespace, where it is to be made and the manifests do not bring it. */
function namespaceTask(input: PlanInput, tasks: readonly SyncTask[]): SyncTask[] {
  const name = input.settings.destination.namespace
  if (!input.options.createNamespace || !name) return []
  if (
    tasks.some(
      (task) => task.target && task.key.group === '' && task.key.kind === 'Namespace' && task.key.name === name,
    )
  )
    return []
  const live = input.live({ group: '', kind: 'Namespace', namespace: '', name })
  const managed = input.settings.syncPolicy?.managedNamespaceMetadata
  if (live && !managed) return []
  const target: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: managed
      ? {
          name,
          ...(managed.labels && { labels: managed.labels }),
          annotations: { ...managed.annotations, [annotation.syncOptions]: 'ServerSideApply=true' },
        }
      : { name },
  }
  return [taskOf('PreSync', Number.MIN_SAFE_INTEGER, target, live, { hook: false, outOfSync: true })]
}

/** Prunes go through the waves the other way round; `PruneLast` goes after everything. */
function inPruneOrder(tasks: readonly SyncTask[], options: SyncOptions): SyncTask[] {
  const isLast = (task: SyncTask) => options.pruneLast || objectOptions(task.live).get('PruneLast') === 'true'
  const prunes = tasks.filter((task) => !task.target)
  const mirrored = mirroredWaves(prunes.filter((task) => !isLast(task)).map((task) => task.wave))
  const last = Math.max(0, ...tasks.map((task) => task.wave)) + 1
  return tasks.map((task) =>
    task.target ? task : { ...task, wave: isLast(task) ? last : (mirrored.get(task.wave) ?? task.wave) },
  )
}

/** Moves a Namespace before the first object in it, and a CRD before the first object of its kind. */
function bubbled(tasks: readonly SyncTask[]): readonly SyncTask[] {
  const result = [...tasks]
  for (const task of tasks) {
    if (!task.target) continue
    const needs = dependency(task.target)
    if (!needs) continue
    const from = result.indexOf(task)
    const first = result.findIndex((other) => other.target !== undefined && other !== task && needs(other.target))
    const user = result[first]
    if (user === undefined || first > from) continue
    result.splice(from, 1)
    result.splice(first, 0, { ...task, phase: user.phase, wave: user.wave })
  }
  return result
}

function dependency(target: KubeObject): ((other: KubeObject) => boolean) | undefined {
  const { group, kind } = gvkOf(target)
  if (group === '' && kind === 'Namespace') return (other) => other.metadata.namespace === target.metadata.name
  const defined = definedKind(target)
  return defined && ((other) => gvkOf(other).group === defined.group && gvkOf(other).kind === defined.kind)
}

/** The group and kind that a CustomResourceDefinition brings. */
export function definedKind(target: KubeObject): { group: string; kind: string } | undefined {
  if (gvkOf(target).group !== 'apiextensions.k8s.io' || target.kind !== 'CustomResourceDefinition') return undefined
  const spec = target['spec'] as { group?: string; names?: { kind?: string } } | undefined
  return spec?.group && spec.names?.kind ? { group: spec.group, kind: spec.names.kind } : undefined
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
