import { annotation } from '../argo/annotations.ts'
import type { Condition, ResourceStatus, SyncStatusCode } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, type ResourceKey } from '../k8s/ref.ts'
import { hasOption } from './annotation-options.ts'
import type { ComparedResource, CompareInput, Comparison } from './compare-types.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import { differ, type Differ } from './diff.ts'
import { isHook, isIgnoredHook, isSkipped } from './hook-type.ts'
import { objectKey } from './object-key.ts'
import { namespaceManaged } from './namespace.ts'
import { objectPermitted } from './object-permitted.ts'
import { kindPermitted } from './project-permits.ts'
import { orphanWarnings } from './orphans.ts'
import { resourceFilter } from './resource-filter.ts'
import { StrategicError } from '../k8s/strategic/lookup.ts'
import { prepareTargets } from './targets.ts'
import { needsDeletionConfirmation, parseSyncOptions, type SyncOptions } from './sync-options.ts'
import { isSelfReferenced, ownerOf } from './tracking.ts'
import { syncWave } from './wave.ts'

/** Why is an application OutOfSync? Desired beside live, object by object, and the verdict on all of them. */
export function compare(input: CompareInput): Comparison {
  const { targets: rendered, hooks, conditions: warnings, digests } = prepareTargets(input)
  const conditions = [...warnings]
  const permits = permitsOf(input)
  // Each key is asked for again and again, and costs more than all else to make.
  const keys = rendered.map(objectKey)
  const live = liveByKey(input, permits, new Set([...keys, ...hooks.map(objectKey)]))
  const targets = [...rendered, ...managedNamespace(input, rendered, live)]
  conditions.push(...sharedWarnings(input, live.values()), ...orphanWarnings(input))
  const options = parseSyncOptions(input.settings.syncPolicy?.syncOptions)
  const { diff, faults } = differOf(input, digests)
  const judging: Judging = { input, permits, options, diff }
  const resources: ComparedResource[] = []
  for (const [index, target] of targets.entries()) {
    const key = keys[index] ?? objectKey(target)
    resources.push(judge(judging, { target, live: live.get(key), key }))
    live.delete(key)
    conditions.push(...homeless(input, target))
  }
  // Hooks are listed once they are there, marked (definitions never are) or not.
  const extras = [...live.values()].filter(
    (object) => isHook(object) || ownerOf(object, input.settings) === input.settings.instance,
  )
  for (const extra of extras) resources.push(judge(judging, { live: extra }, waveOfHook(extra, hooks)))
  const [fault] = faults
  const failed = input.failed ?? fault
  if (failed !== undefined) {
    conditions.push({ type: 'ComparisonError', message: failed })
    const undiffed = fault !== undefined
    return { sync: 'Unknown', ...(undiffed && { undiffed }), resources: resources.map(unknown), hooks, conditions }
  }
  const sync = hasChangedNamespaceMetadata(input) ? 'OutOfSync' : overall(resources)
  return { sync, resources, hooks, conditions }
}

/** How objects differ; where the settings' rules cannot be read, or one cannot be merged, nothing can be said of any. */
function differOf(
  input: CompareInput,
  digests: ReadonlyMap<KubeObject, string>,
): { readonly diff: Differ; readonly faults: readonly string[] } {
  const faults: string[] = []
  const fail = (error: unknown, what = ''): { readonly modified: boolean } => {
    const reason = error instanceof Error ? error.message : String(error)
    faults.push(`Failed to compare desired state to live state: ${what}${reason}`)
    return { modified: false }
  }
  try {
    const diff = differ(input, digests)
    const merged: Differ = (target, live, key) => {
      try {
        return diff(target, live, key)
      } catch (error) {
        if (error instanceof StrategicError) return fail(error)
        throw error
      }
    }
    return { diff: merged, faults }
  } catch (error) {
    fail(error, 'failed to create diff normalizer: ')
    return { diff: () => ({ modified: false }), faults }
  }
}

/** Live objects that are tracked by the application or are its targets, and that its project lets it touch. */
function liveByKey(input: CompareInput, permits: Permits, wanted: ReadonlySet<string>): Map<string, KubeObject> {
  const included = resourceFilter(
    input.settings.argocdCm,
    input.cluster ?? input.settings.cluster ?? input.settings.destination,
  )
  const found = new Map<string, KubeObject>()
  const uids = new Map<string, string>()
  for (const object of input.live) {
    const key = objectKey(object)
    const known = wanted.has(key) || ownerOf(object, input.settings) === input.settings.instance
    const { group, kind } = gvkOf(object)
    // What is excluded is not seen, so that it is never taken for something to prune.
    if (!known || !included(group, kind) || !permits.object(keyOf(object))) continue
    // One object served by two API groups is one object: the one that the manifests name, else the first.
    const { uid } = object.metadata
    const twin = uid === undefined ? undefined : uids.get(uid)
    if (twin !== undefined && twin !== key) {
      if (!wanted.has(key) || wanted.has(twin)) continue
      found.delete(twin)
    }
    if (uid !== undefined) uids.set(uid, key)
    found.set(key, object)
  }
  return found
}

interface Judging {
  readonly input: CompareInput
  readonly permits: Permits
  readonly options: SyncOptions
  readonly diff: Differ
}

/** A target and what lives in its place, or either of them. */
interface Pair {
  readonly target?: KubeObject
  readonly live?: KubeObject | undefined
  /** The target's key. */
  readonly key?: string
}

function judge(
  { input, permits, options, diff }: Judging,
  { target, live, key: name }: Pair,
  hookWave = 0,
): ComparedResource {
  const object = (live ?? target) as KubeObject
  const key = keyOf(object)
  const hook = isHook(object)
  const self = isSelfReferenced(live, target, input.settings)
  const result = diff(target, live, name)
  const row: ResourceStatus = { version: gvkOf(object).version, kind: key.kind, name: key.name }
  if (key.group !== '') row.group = key.group
  if (key.namespace !== '') row.namespace = key.namespace
  if (hook) row.hook = true
  if (!target && live && self) row.requiresPruning = true
  const needs = (one: KubeObject | undefined): boolean => one !== undefined && needsDeletionConfirmation(one, options)
  if (needs(target) || needs(live)) row.requiresDeletionConfirmation = true
  const wave = target ? syncWave(target) : hookWave
  if (wave !== 0) row.syncWave = wave
  const compared = !hook && !isIgnoredHook(object) && !(target && isSkipped(target)) && self
  if (!permits.kind(key)) row.status = 'Unknown'
  else if (compared) row.status = result.modified || !target || !live ? 'OutOfSync' : 'Synced'
  return {
    key,
    version: row.version,
    hook,
    modified: result.modified,
    diff: result,
    row,
    ...(target ? { target } : {}),
    ...(live ? { live } : {}),
  }
}

/** The application's status. What is extra and says `IgnoreExtraneous` does not count here (a sync with prune still deletes it). */
function overall(resources: readonly ComparedResource[]): SyncStatusCode {
  const counts = resources.some(({ row, target, live }) => {
    if (row.status !== 'OutOfSync') return false
    return target !== undefined || !hasOption(live, annotation.compareOptions, 'IgnoreExtraneous')
  })
  return counts ? 'OutOfSync' : 'Synced'
}

function unknown(resource: ComparedResource): ComparedResource {
  return { ...resource, row: { ...resource.row, status: 'Unknown' } }
}

/** A live hook is of the wave that the manifests say. */
function waveOfHook(live: KubeObject, hooks: readonly KubeObject[]): number {
  const { kind, namespace, name } = keyOf(live)
  const found = isHook(live) && hooks.map((hook) => ({ hook, key: keyOf(hook) }))
  const same = found && found.find(({ key }) => key.kind === kind && key.namespace === namespace && key.name === name)
  return same ? syncWave(same.hook) : 0
}

/** An object of a namespaced kind for which neither Git nor the application names a namespace. */
function homeless({ kinds }: CompareInput, target: KubeObject): Condition[] {
  const { group, version, kind } = gvkOf(target)
  if (target.metadata.namespace || kinds.get(`${group}/${kind}`)?.namespaced !== true) return []
  const message = `Namespace for ${target.metadata.name ?? ''} ${group}/${version}, Kind=${kind} is missing.`
  return [{ type: 'InvalidSpecError', message }]
}

/** The destination's namespace, where its metadata are managed and it carries our mark though Git has it not. */
function managedNamespace(
  { settings }: CompareInput,
  targets: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
): KubeObject[] {
  const managed = settings.syncPolicy?.managedNamespaceMetadata
  const isHome = ({ apiVersion, kind, metadata }: KubeObject) =>
    apiVersion === 'v1' && kind === 'Namespace' && metadata.name === settings.destination.namespace
  const found = managed && [...live.values()].find(isHome)
  if (!managed || !found || targets.some(isHome)) return []
  return [namespaceManaged(found.metadata.name ?? '', managed)]
}

/** The metadata of the namespace are to change with the next sync. */
function hasChangedNamespaceMetadata({ settings, lastSync }: CompareInput): boolean {
  const managed = settings.syncPolicy?.managedNamespaceMetadata
  return managed !== undefined && lastSync !== undefined && !deepEqual(managed, lastSync.managedNamespaceMetadata)
}

/** What the project lets the application have: whole objects, and kinds alone. */
interface Permits {
  readonly object: (key: ResourceKey) => boolean
  readonly kind: (key: ResourceKey) => boolean
}

/** Asked for each object, while there are few kinds and namespaces. */
function permitsOf({ settings, kinds }: CompareInput): Permits {
  const objects = new Map<string, boolean>()
  const isNamespaced = (key: ResourceKey): boolean =>
    kinds.get(`${key.group}/${key.kind}`)?.namespaced ?? key.namespace !== ''
  const ofKind = new Map<string, boolean>()
  return {
    object(key) {
      const namespaced = isNamespaced(key)
      // Outside of namespaces rules may be about names.
      if (!namespaced) return objectPermitted(settings, key, namespaced)
      return made(objects, `${key.group}/${key.kind}/${key.namespace}`, () =>
        objectPermitted(settings, key, namespaced),
      )
    },
    kind(key) {
      const namespaced = isNamespaced(key)
      if (!namespaced) return kindPermitted(settings.projectSpec, key, namespaced)
      return made(ofKind, `${key.group}/${key.kind}`, () => kindPermitted(settings.projectSpec, key, namespaced))
    },
  }
}

function made(known: Map<string, boolean>, name: string, make: () => boolean): boolean {
  const verdict = known.get(name) ?? make()
  known.set(name, verdict)
  return verdict
}

/** Objects that another application owns as well. */
function sharedWarnings(input: CompareInput, live: Iterable<KubeObject>): Condition[] {
  const warnings: Condition[] = []
  const { instance } = input.settings
  const [namespace, name] = instance.includes('_')
    ? [instance.slice(0, instance.indexOf('_')), instance.slice(instance.indexOf('_') + 1)]
    : [input.controlNamespace ?? 'argocd', instance]
  for (const object of live) {
    const owner = ownerOf(object, input.settings)
    if (!owner || owner === instance) continue
    const what = `${object.kind}/${object.metadata.name ?? ''}`
    const message = `${what} is part of applications ${namespace}/${name} and ${owner.replaceAll('_', '/')}`
    warnings.push({ type: 'SharedResourceWarning', message })
  }
  return warnings
}
