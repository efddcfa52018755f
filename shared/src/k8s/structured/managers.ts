import type { ManagedFieldsEntry } from '../object.ts'
import { isObject, type JsonObject } from '../../lang/json.ts'
import { FieldSet, fieldSetFromJson } from './field-set.ts'
import { inOrder } from '../../lang/order.ts'

/** Who owns what: one manager, one way of writing. */
export interface Manager {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly fields: FieldSet
}

export type Managers = ReadonlyMap<string, Manager>

/** What makes a manager's entry the same: an applier's version may change, an updater's may not. */
export function managerId(manager: Omit<Manager, 'fields' | 'time'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion
  return `${manager.operation}\0${manager.subresource}\0${manager.manager}\0${version}`
}

/** Sets by the `FieldsV1` they were read from or written as: both are shared and never change. */
const sets = new WeakMap<object, FieldSet>()

function setOf(fields: unknown): FieldSet | undefined {
  const known = isObject(fields) ? sets.get(fields) : undefined
  if (known) return known
  const set = fieldSetFromJson(fields)
  if (set && isObject(fields)) sets.set(fields, set)
  return set
}

function jsonOf(set: FieldSet): JsonObject {
  const json = set.json
  if (!sets.has(json)) sets.set(json, set)
  return json
}

function decodeEntry(entry: ManagedFieldsEntry): Manager | undefined {
  const { operation } = entry
  if (operation !== 'Apply' && operation !== 'Update') return undefined
  const fields = setOf(entry.fieldsV1 ?? {})
  if (!fields) return undefined
  return {
    manager: entry.manager ?? '',
    operation,
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time,
    fields,
  }
}

/** Reads managedFields; undefined where they are nonsense. */
export function decodeManagers(entries: unknown): Managers | undefined {
  const managers = new Map<string, Manager>()
  if (entries === undefined || entries === null) return managers
  if (!Array.isArray(entries)) return undefined
  for (const entry of entries as ManagedFieldsEntry[]) {
    const manager = decodeEntry(entry)
    if (!manager) return undefined
    managers.set(managerId(manager), manager)
  }
  return managers
}

/** Writes managedFields in the order of the API: by operation, time, manager, version, subresource. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  const list = [...managers.values()].filter((manager) => !manager.fields.empty)
  return list.sort(byPlace).map(encodeEntry)
}

const order = ['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const

function byPlace(a: Manager, b: Manager): number {
  for (const field of order) {
    const found = inOrder(a[field] ?? '', b[field] ?? '')
    if (found !== 0) return found
  }
  return 0
}

function encodeEntry(manager: Manager): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = {}
  if (manager.manager !== '') entry.manager = manager.manager
  entry.operation = manager.operation
  entry.apiVersion = manager.apiVersion
  if (manager.time !== undefined) entry.time = manager.time
  entry.fieldsType = 'FieldsV1'
  entry.fieldsV1 = jsonOf(manager.fields)
  if (manager.subresource !== '') entry.subresource = manager.subresource
  return entry
}

/** Whether both say the same about ownership, times aside. */
export function sameManagers(a: Managers, b: Managers): boolean {
  if (a.size !== b.size) return false
  for (const [id, manager] of a) {
    const other = b.get(id)
    if (!other || other.apiVersion !== manager.apiVersion || !other.fields.equals(manager.fields)) return false
  }
  return true
}
