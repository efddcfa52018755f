import { dictionary } from '../../lang/dictionary.ts'
import { anyType } from './types.ts'
import type { Field, ListType, RawSchema, Scalar, StructType, Type } from './types.ts'

export interface CompileOptions {
  /** How the Go type behind a struct writes its fields. */
  readonly encodings?: (struct: string) => ReadonlyMap<string, FieldEncoding>
}

export interface FieldEncoding {
  /** Left out of JSON when it holds its zero value, as Go's `omitempty` has it. */
  readonly omitsZero: boolean
  /** What is written when it is not there. */
  readonly absent: Field['absent']
  /** What Go calls the strings or numbers of the field. */
  readonly named?: string | undefined
  /** What Go calls its map. */
  readonly namedWhole?: string | undefined
  /** The structs that Go embeds to have the field. */
  readonly embedded?: string | undefined
}

/** The type under the names that Go has for it and for what it is made of. */
function named(type: Type, encoding: FieldEncoding | undefined): Type {
  if (encoding?.namedWhole !== undefined && type.form === 'map') return { ...type, goName: encoding.namedWhole }
  if (encoding?.named === undefined) return type
  if (type.form === 'scalar') return type.name === '' ? { ...type, goName: encoding.named } : type
  if (type.form === 'list' || type.form === 'map') return { ...type, element: named(type.element, encoding) }
  return type
}

const scalars: Readonly<Record<string, Scalar>> = dictionary({
  string: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
})

/** Turns OpenAPI schemas into types, each definition once and only when it is asked for. */
export class TypeCompiler {
  readonly #definitions: Readonly<Record<string, RawSchema>>
  readonly #options: CompileOptions
  readonly #types = new Map<string, Type>()

  constructor(definitions: Readonly<Record<string, RawSchema>> = {}, options: CompileOptions = {}) {
    this.#definitions = definitions
    this.#options = options
  }

  /** The type of a definition; anything where there is none. */
  named(name: string): Type {
    const known = this.#types.get(name)
    if (known) return known
    const schema = this.#definitions[name]
    return schema ? this.compile(schema, name) : anyType
  }

  compile(schema: RawSchema, name = ''): Type {
    const reference = schema.$ref ?? schema.allOf?.find((part) => part.$ref)?.$ref
    if (reference) return this.#overlay(this.named(reference.slice(reference.lastIndexOf('/') + 1)), schema)
    if (schema['x-kubernetes-int-or-string'] || (schema.oneOf && !schema.properties && schema.type !== 'object'))
      return this.#remember(name, { form: 'scalar', scalar: 'any', format: schema.format, name })
    if (schema.type === 'array') return this.#list(schema)
    const scalar = scalars[schema.type ?? '']
    if (scalar) return this.#remember(name, { form: 'scalar', scalar, format: schema.format, name })
    if (schema.properties) return this.#struct(schema, name)
    const element = schema.additionalProperties
    // What Go holds as raw bytes is owned as a whole.
    const atomic = schema['x-kubernetes-map-type'] === 'atomic' || name.endsWith('.runtime.RawExtension')
    if (element && element !== true)
      return this.#remember(name, { form: 'map', element: this.compile(element), atomic })
    if (atomic) return this.#remember(name, { form: 'map', element: anyType, atomic })
    return this.#remember(name, { form: 'any', name })
  }

  #struct(schema: RawSchema, name: string): Type {
    const fields = new Map<string, Field>()
    const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
    const rest = open ? anyType : undefined
    const struct: StructType = {
      form: 'struct',
      fields,
      atomic: schema['x-kubernetes-map-type'] === 'atomic',
      rest,
      name,
    }
    // Remembered before its fields are compiled: definitions may hold themselves.
    this.#remember(name, struct)
    const encodings = this.#options.encodings?.(name)
    for (const [field, property] of Object.entries(schema.properties ?? {}))
      fields.set(field, this.#field(property, encodings?.get(field), schema.required?.includes(field) ?? false))
    return struct
  }

  #field(schema: RawSchema, encoding: FieldEncoding | undefined, required: boolean): Field {
    return {
      type: named(this.compile(schema), encoding),
      default: schema.default,
      required,
      zero: encoding?.omitsZero ? 'omit' : 'keep',
      absent: encoding?.absent ?? (required ? 'zero' : 'nothing'),
      patchStrategy: schema['x-kubernetes-patch-strategy']?.split(',') ?? [],
      mergeKey: schema['x-kubernetes-patch-merge-key'],
      ...(encoding?.embedded === undefined ? {} : { embedded: encoding.embedded }),
    }
  }

  #list(schema: RawSchema): ListType {
    const listType = schema['x-kubernetes-list-type']
    return {
      form: 'list',
      element: schema.items ? this.compile(schema.items) : anyType,
      listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
      keys: schema['x-kubernetes-list-map-keys'] ?? [],
    }
  }

  /** A reference may say itself whether the value is taken as a whole. */
  #overlay(type: Type, schema: RawSchema): Type {
    const mapType = schema['x-kubernetes-map-type']
    if (mapType === undefined || (type.form !== 'struct' && type.form !== 'map')) return type
    return { ...type, atomic: mapType === 'atomic' }
  }

  #remember(name: string, type: Type): Type {
    if (name !== '') this.#types.set(name, type)
    return type
  }
}
