/** What merging by ownership asks of a type: what is merged part by part, and how the items of a list are known again. */
export type StructuredType = StructuredScalar | StructuredStruct | StructuredMap | StructuredList | StructuredAny

export interface StructuredScalar {
  readonly form: 'scalar'
}

export interface StructuredStruct {
  readonly form: 'struct'
  readonly fields: StructuredFields
  readonly atomic: boolean
  /** What unknown fields are: absent, they are mistakes. */
  readonly rest: StructuredType | undefined
}

export interface StructuredFields {
  get(name: string): StructuredField | undefined
  has(name: string): boolean
}

export interface StructuredField {
  readonly type: StructuredType
  readonly default?: unknown
}

export interface StructuredMap {
  readonly form: 'map'
  readonly element: StructuredType
  readonly atomic: boolean
}

export interface StructuredList {
  readonly form: 'list'
  readonly element: StructuredType
  readonly listType: 'atomic' | 'set' | 'map'
  readonly keys: readonly string[]
}

/** Anything goes: maps are merged field by field, lists replaced. */
export interface StructuredAny {
  readonly form: 'any'
}

export const anything: StructuredAny = { form: 'any' }

/** A struct field, or the element of a map or of what may be anything; absent where the type knows no such field. */
export function childOf(type: StructuredType, name: string): StructuredType | undefined {
  if (type.form === 'struct') return type.fields.get(name)?.type ?? type.rest
  if (type.form === 'map') return type.element
  return type.form === 'any' ? type : undefined
}

/** Element of a list; anything where the type does not say. */
export function elementType(type: StructuredType): StructuredType {
  return type.form === 'list' ? type.element : anything
}

/** Whether values of a type are known to have one owner, with all that is in them. */
export function isAtomic(type: StructuredType | undefined): boolean {
  if (type?.form === 'list') return type.listType === 'atomic'
  return (type?.form === 'struct' || type?.form === 'map') && type.atomic
}
