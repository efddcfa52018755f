import type { KubeObject } from '../k8s/object.ts'
import { emptySet, type FieldSet } from '../k8s/structured/field-set.ts'
import { decodeManagers } from '../k8s/structured/managers.ts'
import { isObject } from '../lang/json.ts'
import {
  anything,
  type StructuredField,
  type StructuredFields,
  type StructuredStruct,
  type StructuredType,
} from '../k8s/structured/type.ts'
import { structuredType } from './scheme/ownership.ts'
import { namedType, schemeType } from './scheme/types.ts'

/**
 * How a server merges an object by ownership. Of kinds that nobody knows here the marks of managers tell it: how they name
 * the items of a list, and what they own whole, which a map that was empty when it was `applied` only seems to be. What
 * nobody owns is merged as it stands.
 */
export function ownershipTypeOf(applied: KubeObject, seen: readonly KubeObject[]): StructuredType {
  const known = schemeType(applied.apiVersion, applied.kind)
  if (known) return structuredType(known)
  let marks = emptySet
  for (const { metadata } of seen) {
    for (const { fields } of decodeManagers(metadata.managedFields)?.values() ?? []) marks = marks.union(fields)
  }
  return withMetadata(typeOf(marks, applied))
}

function withMetadata(type: StructuredType): StructuredStruct {
  const meta = namedType('meta/v1/ObjectMeta')
  const metadata = { type: meta?.form === 'struct' ? structuredType(meta) : anything }
  const fields = type.form === 'struct' ? type.fields : none
  const get: StructuredFields['get'] = (name) => (name === 'metadata' ? metadata : fields.get(name))
  const has = (name: string): boolean => name === 'metadata' || fields.has(name)
  return { form: 'struct', fields: { get, has }, atomic: false, rest: anything }
}

const none: StructuredFields = { get: () => undefined, has: () => false }

function typeOf(marks: FieldSet, applied?: unknown): StructuredType {
  let [first] = marks.children.keys()
  first ??= ''
  if (first.startsWith('k:') || first.startsWith('v:')) return listOf(marks)
  // Owned whole, or a value without parts.
  if (marks.children.size === 0) return isEmpty(applied) ? anything : { form: 'map', element: anything, atomic: true }
  const known = new Map<string, StructuredField>()
  const get = (name: string): StructuredField | undefined => {
    const child = known.has(name) ? undefined : marks.children.get(`f:${name}`)
    if (child) known.set(name, { type: typeOf(child, isObject(applied) ? applied[name] : undefined) })
    return known.get(name)
  }
  // The fields that a type names are no members themselves while something below them is one.
  const has = (name: string): boolean => {
    const child = marks.children.get(`f:${name}`)
    return child !== undefined && !child.member
  }
  return { form: 'struct', fields: { get, has }, atomic: false, rest: anything }
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

function listOf(marks: FieldSet): StructuredType {
  const names = [...marks.children.keys()].filter((name) => name.startsWith('k:'))
  if (names.length === 0) return { form: 'list', element: anything, listType: 'set', keys: [] }
  const keys = new Set(names.flatMap((name) => Object.keys(JSON.parse(name.slice(2)) as object)))
  let item = emptySet
  for (const name of names) item = item.union(marks.children.get(name) ?? emptySet)
  return { form: 'list', element: typeOf(item), listType: 'map', keys: [...keys] }
}
