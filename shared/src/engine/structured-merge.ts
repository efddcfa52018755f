import { fieldManager } from '../argo/annotations.ts'
import type { KubeObject, ManagedFieldsEntry } from '../k8s/object.ts'
import { emptySet, FieldSet } from '../k8s/structured/field-set.ts'
import { decodeManagers } from '../k8s/structured/managers.ts'
import { mergeTyped } from '../k8s/structured/merge.ts'
import { prune } from '../k8s/structured/prune.ts'
import type { StructuredType } from '../k8s/structured/type.ts'
import { compare, removeItems, toFieldSet } from '../k8s/structured/typed.ts'
import type { Versions } from '../k8s/structured/versions.ts'
import { ownershipTypeOf } from './owned-type.ts'

/**
 * What `live` will be once `config` is applied by us on the server: merged, without what we applied before and want no
 * more, unless somebody else owns it too. `applied` is what we applied last, where that is known. Throws a `KeyError` where
 * an item of a list cannot be told from others.
 */
export function mergeOwned(config: KubeObject, live: KubeObject, applied: KubeObject = config): KubeObject {
  const type = ownershipTypeOf(applied, [live])
  const merged = mergeTyped(type, live, config) as KubeObject
  const entries = live.metadata.managedFields ?? []
  const [own] = decodeManagers(entries.filter((entry) => entry.manager === fieldManager && isApply(entry))) ?? []
  if (!own) return merged
  const [id, last] = own
  const said = toFieldSet(type, config)
  if (last.fields.isSubsetOf(said)) return merged
  const managers = new Map(decodeManagers(entries) ?? [])
  managers.set(id, { ...last, apiVersion: config.apiVersion, fields: said })
  return prune(versionsOf(config, type), merged, managers, last)
}

function isApply({ operation, subresource }: ManagedFieldsEntry): boolean {
  return operation === 'Apply' && !subresource
}

/** Versions of custom resources differ by their name; of other kinds nobody here knows how they do. */
function versionsOf({ apiVersion }: KubeObject, type: StructuredType): Versions {
  const named = (name: string) => (object: KubeObject) => ({ ...object, apiVersion: name })
  return {
    current: apiVersion,
    type,
    view: (other) => ({ type, fromCurrent: named(other), toCurrent: named(apiVersion) }),
  }
}

/**
 * `live` as a dry run would change it, as far as what changes is ours: what others and the server decide, admission
 * webhooks among them, stays what it is.
 */
export function withoutMutations(live: KubeObject, dryRun: KubeObject): KubeObject {
  const type = ownershipTypeOf(dryRun, [live, dryRun])
  let owned = emptySet
  for (const { manager, fields } of decodeManagers(dryRun.metadata.managedFields)?.values() ?? []) {
    if (manager === fieldManager) owned = owned.union(fields)
  }
  const others = withoutAbove(toFieldSet(type, dryRun).difference(owned), owned)
  const { removed } = compare(type, live, dryRun)
  const ours = removeItems(type, dryRun, withoutKeys(others, none))
  return removeItems(type, mergeTyped(type, live, ours), removed.difference(others)) as KubeObject
}

/** Without what has something of `owned` below it. */
function withoutAbove(set: FieldSet, owned: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const below = owned.children.get(element)
    const kept = below && below.children.size > 0 ? withoutAbove(new FieldSet(false, child.children), below) : child
    if (!kept.empty) children.set(element, kept)
  }
  return new FieldSet(set.member, children)
}

const none: ReadonlySet<string> = new Set()

/** Without the keys by which items are known, where there are several. */
function withoutKeys(set: FieldSet, keys: ReadonlySet<string>): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const named = element.startsWith('k:') ? Object.keys(JSON.parse(element.slice(2)) as object) : []
    const inner = withoutKeys(child, named.length > 1 ? new Set([...keys, ...named]) : keys)
    const isKey = element.startsWith('f:') && keys.has(element.slice(2))
    const kept = isKey ? new FieldSet(false, inner.children) : inner
    if (!kept.empty) children.set(element, kept)
  }
  return new FieldSet(set.member, children)
}
