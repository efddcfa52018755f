/** An OpenAPI v3 schema as Kubernetes writes it; only what decisions read is named. */
export interface RawSchema {
  readonly type?: string
  readonly format?: string
  readonly $ref?: string
  readonly allOf?: readonly RawSchema[]
  readonly oneOf?: readonly RawSchema[]
  readonly properties?: Readonly<Record<string, RawSchema>>
  readonly additionalProperties?: RawSchema | boolean
  readonly items?: RawSchema
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly nullable?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
  readonly [extension: string]: unknown
}

export type Scalar = 'string' | 'integer' | 'number' | 'boolean' | 'any'

export interface ScalarType {
  readonly form: 'scalar'
  readonly scalar: Scalar
  readonly format: string | undefined
  /** The definition it came from: `Quantity`, `Time`, …; empty for inline types. */
  readonly name: string
  /** What Go calls it in its complaints: `v1.Protocol`; absent where it is plain. */
  readonly goName?: string
}

export interface StructType {
  readonly form: 'struct'
  readonly fields: ReadonlyMap<string, Field>
  readonly atomic: boolean
  /** What unknown fields are: absent, they are mistakes. */
  readonly rest: Type | undefined
  /** `io.k8s.api.core.v1.Container`; empty for inline types. */
  readonly name: string
}

export interface MapType {
  readonly form: 'map'
  readonly element: Type
  readonly atomic: boolean
  readonly goName?: string
}

export interface ListType {
  readonly form: 'list'
  readonly element: Type
  readonly listType: 'atomic' | 'set' | 'map'
  readonly keys: readonly string[]
}

/** Anything goes: maps are merged field by field, lists replaced. */
export interface AnyType {
  readonly form: 'any'
  readonly name: string
}

export type Type = ScalarType | StructType | MapType | ListType | AnyType

export interface Field {
  readonly type: Type
  readonly default: unknown
  readonly required: boolean
  /** Of a built-in kind: a field that is left out of JSON when it holds its zero value. */
  readonly zero: 'omit' | 'keep'
  /** Of a built-in kind: what is written where the field is not there: its zero value, `null`, or nothing. */
  readonly absent: 'zero' | 'null' | 'nothing'
  readonly patchStrategy: readonly string[]
  readonly mergeKey: string | undefined
  /** Of a built-in kind: the structs that Go embeds to have it. */
  readonly embedded?: string
}

/** A struct field, or the element of a map or of what may be anything; absent where the type knows no such field. */
export function childType(type: Type, name: string): Type | undefined {
  if (type.form === 'struct') return type.fields.get(name)?.type ?? type.rest
  if (type.form === 'map') return type.element
  return type.form === 'any' ? type : undefined
}

/** Element of a list; anything where the type does not say. */
export function elementType(type: Type): Type {
  return type.form === 'list' ? type.element : anyType
}

export const anyType: AnyType = { form: 'any', name: '' }
