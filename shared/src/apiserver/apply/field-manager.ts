import type { KubeObject } from '../../k8s/object.ts'
import { isObject } from '../../lang/json.ts'
import type { StructuredType } from '../../k8s/structured/type.ts'
import { FieldSet, emptySet, fieldSetOf } from '../../k8s/structured/field-set.ts'
import type { Manager, Managers } from '../../k8s/structured/managers.ts'
import { decodeManagers, encodeManagers, managerId, sameManagers } from '../../k8s/structured/managers.ts'
import { mergeTyped } from '../../k8s/structured/merge.ts'
import { prune } from '../../k8s/structured/prune.ts'
import type { Comparison } from '../../k8s/structured/typed.ts'
import { compare, toFieldSet } from '../../k8s/structured/typed.ts'
import type { Versions } from '../../k8s/structured/versions.ts'
import { ConversionError, viewIn } from '../../k8s/structured/versions.ts'

/** Who writes, and through what. */
export interface Writer {
  readonly manager: string
  readonly apiVersion: string
  readonly subresource: string
  /** RFC 3339. */
  readonly now: string
}

export interface Conflict {
  readonly with: Manager
  readonly path: readonly string[]
}

/** Fields that others own, of an apply without force. */
export class ConflictError extends Error {
  readonly conflicts: readonly Conflict[]
  constructor(conflicts: readonly Conflict[]) {
    super('conflict')
    this.conflicts = conflicts
  }
}

/** What nobody owns: identity, and what the server alone writes. */
const systemFields = fieldSetOf(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
)

export const beforeFirstApply = 'before-first-apply'
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

const withoutManagedFields = (object: KubeObject): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function strip(set: FieldSet, reset: FieldSet): FieldSet {
  return set.difference(systemFields).differenceBelow(reset)
}

interface Outcome {
  readonly managers: Map<string, Manager>
  /** Without what may not be changed this way. */
  readonly comparison: Comparison
  /** Whether the write as it was asked for is the same as what is there. */
  readonly same: boolean
}

/** Takes from all others what this write changes or removes; without force, changes of theirs are conflicts. */
function settle(
  versions: Versions,
  before: KubeObject,
  after: KubeObject,
  managers: Managers,
  id: string,
  force: boolean,
  reset: FieldSet,
): Outcome {
  const full = compare(versions.type, before, after)
  const ignore = (set: FieldSet): FieldSet => set.differenceBelow(reset)
  const within = (of: Comparison): Comparison => ({
    added: ignore(of.added),
    modified: ignore(of.modified),
    removed: ignore(of.removed),
  })
  const own = within(full)
  const comparisons = new Map([[versions.current, own]])
  const conflicts: Conflict[] = []
  const result = new Map<string, Manager>()
  for (const [otherId, other] of managers) {
    const comparison = comparisons.get(other.apiVersion) ?? compareIn(versions, other.apiVersion, before, after)
    // Nobody owns anything in a version that is no more.
    if (!comparison) continue
    comparisons.set(other.apiVersion, comparison)
    const changed = comparison.modified.union(comparison.added)
    let fields = other.fields
    if (otherId !== id && !changed.empty) {
      const overlap = fields.intersection(changed)
      if (!overlap.empty) {
        overlap.each((path) => conflicts.push({ with: other, path }))
        fields = fields.difference(overlap)
      }
    }
    // Only what is gone from an object can no longer be owned.
    if (!comparison.removed.empty) fields = fields.difference(comparison.removed)
    if (!fields.empty) result.set(otherId, fields === other.fields ? other : { ...other, fields })
  }
  if (conflicts.length > 0 && !force) throw new ConflictError(conflicts)
  const same = full.added.empty && full.modified.empty && full.removed.empty
  return { managers: result, comparison: own, same }
}

function compareIn(
  versions: Versions,
  apiVersion: string,
  before: KubeObject,
  after: KubeObject,
): Comparison | undefined {
  const view = viewIn(versions, apiVersion)
  return view && compare(view.type, view.fromCurrent(before), view.fromCurrent(after))
}

/** Puts ownership on the object. */
function withManagers(object: KubeObject, managers: Managers): KubeObject {
  const metadata = { ...object.metadata }
  const entries = encodeManagers(managers)
  if (entries.length > 0) metadata.managedFields = entries
  else delete metadata.managedFields
  return { ...object, metadata }
}

/** Ownership that the writer's body states, else that of the live object. A list of one empty entry resets it. */
function statedManagers(live: KubeObject, next: KubeObject): { managers: Managers; reset: boolean } {
  const stated = next.metadata.managedFields
  const liveManagers = decodeManagers(live.metadata.managedFields) ?? new Map<string, Manager>()
  if (stated === undefined || stated === null || (Array.isArray(stated) && stated.length === 0))
    return { managers: liveManagers, reset: Array.isArray(stated) && stated.length === 0 }
  if (stated === live.metadata.managedFields) return { managers: liveManagers, reset: false }
  if (Array.isArray(stated) && stated.length === 1 && isObject(stated[0]) && Object.keys(stated[0]).length === 0)
    return { managers: new Map(), reset: true }
  const managers = decodeManagers(stated)
  return managers ? { managers, reset: false } : { managers: liveManagers, reset: false }
}

/**
 * Ownership after an ordinary write: the writer owns what it changed, nobody owns what is gone.
 * `live` is the object before, or a blank one. Where a version that a manager wrote cannot hold the object, all ownership is lost.
 */
export function manageUpdate(
  versions: Versions,
  live: KubeObject,
  next: KubeObject,
  writer: Writer,
  reset: FieldSet,
): KubeObject {
  const stated = statedManagers(live, next)
  const object = withoutManagedFields(next)
  // What nobody owns stays so until somebody applies to it.
  if (stated.managers.size === 0 && live.metadata.uid !== undefined) return object
  // Whoever resets ownership is not to own the object by the same write.
  if (stated.reset && stated.managers.size === 0 && next.metadata.managedFields !== undefined) return object
  const self = {
    manager: writer.manager,
    operation: 'Update' as const,
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  }
  const id = managerId(self)
  let outcome: Outcome
  try {
    outcome = settle(versions, withoutManagedFields(live), object, stated.managers, id, true, reset)
  } catch (error) {
    if (error instanceof ConversionError) return object
    throw error
  }
  const { managers, comparison } = outcome
  const taken = strip(comparison.added.union(comparison.modified), reset)
  const mine = managers.get(id)
  const fields = strip(mine?.fields ?? emptySet, reset).union(taken)
  // The time moves only when the write took something; entries of `scale` have none.
  const time = writer.subresource === 'scale' ? undefined : taken.empty ? mine?.time : writer.now
  if (fields.empty) managers.delete(id)
  else managers.set(id, { ...self, time, fields })
  return withManagers(object, managers)
}

export interface Applied {
  readonly object: KubeObject
  /** Neither values nor ownership changed. */
  readonly same: boolean
}

/** Server-side apply: merges `config` into `live`, removes what this manager no longer applies and nobody else owns. */
export function manageApply(
  versions: Versions,
  live: KubeObject,
  config: KubeObject,
  writer: Writer,
  force: boolean,
  reset: FieldSet,
  creating: boolean,
): Applied {
  const { type } = versions
  const self = {
    manager: writer.manager,
    operation: 'Apply' as const,
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  }
  const id = managerId(self)
  const before = decodeManagers(live.metadata.managedFields) ?? new Map<string, Manager>()
  const inherited = inherit(type, live, before, creating)
  const bare = withoutManagedFields(live)
  const applied = withoutManagedFields(config)
  const last = inherited.get(id)
  const set = strip(toFieldSet(type, applied), reset)
  const managers = new Map(inherited)
  managers.set(id, { ...self, time: inherited.get(id)?.time, fields: set })
  const merged = mergeTyped(type, bare, applied)
  const pruned = prune(versions, merged as KubeObject, managers, last)
  const settled = settleApply(versions, bare, pruned, managers, id, force, reset, writer)
  const { same } = settled
  // An apply that says what is there already leaves the time alone, though it may take ownership.
  if (set.empty) settled.managers.delete(id)
  else settled.managers.set(id, { ...self, time: same ? before.get(id)?.time : writer.now, fields: set })
  if (same && sameManagers(before, settled.managers)) return { object: live, same: true }
  return { object: withManagers({ ...pruned, metadata: pruned.metadata ?? {} }, settled.managers), same: false }
}

/** Conflicts over what kubectl applied by itself before are none for kubectl. */
function settleApply(
  versions: Versions,
  before: KubeObject,
  after: KubeObject,
  managers: Managers,
  id: string,
  force: boolean,
  reset: FieldSet,
  writer: Writer,
): Outcome {
  const text = before.metadata.annotations?.[lastApplied]
  try {
    return settle(versions, before, after, managers, id, force, reset)
  } catch (error) {
    if (!(error instanceof ConflictError) || writer.manager !== 'kubectl' || text === undefined) throw error
    const allowed = appliedBefore(versions.type, text)
    const left = error.conflicts.filter(({ path }) => !has(allowed, path))
    if (left.length > 0) throw new ConflictError(left)
    return settle(versions, before, after, managers, id, true, reset)
  }
}

function appliedBefore(type: StructuredType, text: string): FieldSet {
  try {
    return toFieldSet(type, JSON.parse(text))
  } catch {
    return emptySet
  }
}

function has(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set
  for (const element of path) at = at?.children.get(element)
  return at?.member ?? false
}

/** Managers of the live object; what nobody owned belongs to who was there before the first apply. */
function inherit(type: StructuredType, live: KubeObject, before: Managers, creating: boolean): Managers {
  const managers = new Map(before)
  if (managers.size === 0 && !creating) {
    const fields = strip(toFieldSet(type, withoutManagedFields(live)), emptySet)
    const manager: Manager = {
      manager: beforeFirstApply,
      operation: 'Update',
      apiVersion: live.apiVersion,
      subresource: '',
      time: undefined,
      fields,
    }
    managers.set(managerId(manager), manager)
  }
  return managers
}
