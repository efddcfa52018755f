import { dump } from 'js-yaml'
import { boolField, bytesField } from '../protobuf/write.ts'
import type { RawSchema } from '../schema/types.ts'

type Definitions = Readonly<Record<string, RawSchema>>

/** A schema in the form of OpenAPI v2. */
interface SchemaV2 {
  $ref?: string
  type?: string
  format?: string
  default?: unknown
  required?: readonly string[]
  items?: SchemaV2
  properties?: Record<string, SchemaV2>
  additionalProperties?: SchemaV2 | boolean
  [extension: `x-${string}`]: unknown
}

interface DocumentV2 {
  readonly swagger: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Record<string, never>
  readonly definitions: Record<string, SchemaV2>
}

/** The older document that clients check manifests with which the server cannot check for them, such as a `List`. */
export function openApiV2(definitions: Definitions, version: string): DocumentV2 {
  const converted = Object.entries(definitions).map(([name, schema]) => [name, toV2(schema)] as const)
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: {},
    definitions: Object.fromEntries(converted),
  }
}

function toV2(schema: RawSchema): SchemaV2 {
  const reference = schema.$ref ?? schema.allOf?.find((part) => part.$ref)?.$ref
  if (reference !== undefined) return { $ref: reference.replace('#/components/schemas/', '#/definitions/') }
  const extensions = Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-'))
  const { additionalProperties } = schema
  return {
    // What may be of two types is a string in v2.
    type: schema.oneOf ? 'string' : (schema.type ?? 'object'),
    ...(schema.format === undefined ? {} : { format: schema.format }),
    ...(schema.required ? { required: schema.required } : {}),
    ...(schema.items ? { items: toV2(schema.items) } : {}),
    ...(schema.properties
      ? {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([name, property]) => [name, toV2(property)]),
          ),
        }
      : {}),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            additionalProperties === true ? true : additionalProperties && toV2(additionalProperties),
        }),
    ...(Object.fromEntries(extensions) as Record<`x-${string}`, unknown>),
  }
}

/** The document as the protobuf message `openapi.v2.Document`, which is the form that kubectl asks for. */
export function encodeOpenApiV2({ swagger, info, definitions }: DocumentV2): Buffer {
  const named = Object.entries(definitions).map(([name, schema]) => bytesField(1, namedSchema(name, schema)))
  return Buffer.concat([
    bytesField(1, swagger),
    bytesField(2, Buffer.concat([bytesField(1, info.title), bytesField(2, info.version)])),
    bytesField(8, Buffer.alloc(0)),
    bytesField(9, Buffer.concat(named)),
  ])
}

function namedSchema(name: string, schema: SchemaV2): Buffer {
  return Buffer.concat([bytesField(1, name), bytesField(2, encodeSchema(schema))])
}

function encodeSchema(schema: SchemaV2): Buffer {
  const { $ref, type, format, required = [], items, properties, additionalProperties } = schema
  const parts: Buffer[] = []
  if ($ref !== undefined) parts.push(bytesField(1, $ref))
  if (format !== undefined) parts.push(bytesField(2, format))
  parts.push(...required.map((name) => bytesField(19, name)))
  if (additionalProperties !== undefined)
    parts.push(
      bytesField(
        21,
        typeof additionalProperties === 'boolean'
          ? boolField(2, additionalProperties)
          : bytesField(1, encodeSchema(additionalProperties)),
      ),
    )
  if (type !== undefined) parts.push(bytesField(22, bytesField(1, type)))
  if (items) parts.push(bytesField(23, bytesField(1, encodeSchema(items))))
  if (properties) {
    const named = Object.entries(properties).map(([name, property]) => bytesField(1, namedSchema(name, property)))
    parts.push(bytesField(25, Buffer.concat(named)))
  }
  for (const [name, value] of Object.entries(schema)) {
    if (!name.startsWith('x-')) continue
    const any = bytesField(2, dump(value))
    parts.push(bytesField(31, Buffer.concat([bytesField(1, name), bytesField(2, any)])))
  }
  return Buffer.concat(parts)
}
