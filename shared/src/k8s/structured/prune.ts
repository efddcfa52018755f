import type { KubeObject } from '../object.ts'
import type { StructuredType } from './type.ts'
import { emptySet } from './field-set.ts'
import type { FieldSet } from './field-set.ts'
import type { Manager, Managers } from './managers.ts'
import { ensureNamedFields, removeItems, toFieldSet } from './typed.ts'
import type { VersionView, Versions } from './versions.ts'
import { viewIn } from './versions.ts'

/** Removes what `last` owned and no manager owns now, but keeps what hangs below it and was never its own. */
export function prune(
  versions: Versions,
  merged: KubeObject,
  managers: Managers,
  last: Manager | undefined,
): KubeObject {
  if (!last || last.fields.empty || isOwned(last, managers)) return merged
  const view = viewIn(versions, last.apiVersion)
  if (!view) return merged
  const whole = view.fromCurrent(merged)
  const ensuredLast = ensureNamedFields(view.type, last.fields)
  let kept = without(view.type, whole, ensuredLast)
  for (const [apiVersion, owned] of ownedByVersion(managers, last.apiVersion)) {
    const owners = apiVersion === last.apiVersion ? view : viewIn(versions, apiVersion)
    if (owners) kept = addBack(view, owners, whole, kept, owned)
  }
  const all = ensureNamedFields(view.type, toFieldSet(view.type, whole))
  const dangling = all.difference(ensureNamedFields(view.type, toFieldSet(view.type, kept))).intersection(ensuredLast)
  return view.toCurrent(without(view.type, whole, dangling))
}

/** Whether all that was owned is owned still, by anybody in the same version. */
function isOwned(last: Manager, managers: Managers): boolean {
  let owned = emptySet
  for (const manager of managers.values())
    if (manager.apiVersion === last.apiVersion) owned = owned.union(manager.fields)
  return last.fields.isSubsetOf(owned)
}

/** What is owned now, by version, that of `first` first. */
function ownedByVersion(managers: Managers, first: string): [string, FieldSet][] {
  const sets = new Map([[first, emptySet]])
  for (const manager of managers.values())
    sets.set(manager.apiVersion, (sets.get(manager.apiVersion) ?? emptySet).union(manager.fields))
  return [...sets].filter(([, set]) => !set.empty)
}

/** The kept object with what its owners own of the whole one. */
function addBack(
  view: VersionView,
  owners: VersionView,
  whole: KubeObject,
  kept: KubeObject,
  owned: FieldSet,
): KubeObject {
  const { type } = owners
  const across = (object: KubeObject): KubeObject =>
    owners === view ? object : owners.fromCurrent(view.toCurrent(object))
  const full = across(whole)
  const ensure = (of: StructuredType, set: FieldSet): FieldSet => ensureNamedFields(of, set)
  const all = ensure(type, toFieldSet(type, full))
  const stays = ensure(type, toFieldSet(type, across(kept))).union(ensure(type, owned))
  const result = without(type, full, all.difference(stays))
  return owners === view ? result : view.fromCurrent(owners.toCurrent(result))
}

/** What remains; whatever goes, it stays an object with metadata, that can be seen in another version. */
function without(type: StructuredType, whole: KubeObject, remove: FieldSet): KubeObject {
  const { apiVersion, kind } = whole
  const kept = removeItems(type, whole, remove) as Partial<KubeObject> | null
  return { ...kept, apiVersion, kind, metadata: kept?.metadata ?? {} }
}
