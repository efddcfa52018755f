import { printGo } from '../../apiserver/go-value.ts'
import type { MergeField, MergeFields, MergeType } from './merge-type.ts'
import { dictionary } from '../../lang/dictionary.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Objects that cannot be merged, in kubectl's words. */
export class StrategicError extends Error {}

/** A list item that does not say the key that its list merges by. */
export function noMergeKey(item: unknown, mergeKey: string): StrategicError {
  return new StrategicError(`map: ${printGo(item)} does not contain declared merge key: ${mergeKey}`)
}

/** The directives that a patch may hold beside fields. */
export const directive = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  deletions: '$deleteFromPrimitiveList/',
  order: '$setElementOrder/',
} as const

/** The field of a type that JSON's `key` names, as Go finds it: its very name, else the same in other letters. */
export function fieldOf(type: MergeType, key: string): MergeField {
  const known = type.form === 'struct' ? type.fields.get(key) : undefined
  return known ?? unusualField(type, key)
}

function unusualField(type: MergeType, key: string): MergeField {
  if (type.form !== 'struct') {
    if (!(type.form === 'scalar' && type.scalar in structs)) {
      throw new StrategicError(`merging an object in json but data type is not struct, instead is: ${goKind(type)}`)
    }
  } else {
    const field = inOtherLetters(type.fields, key)
    if (field) return field
  }
  const name = type.form === 'struct' ? type.name.slice(type.name.lastIndexOf('.') + 1) : structs[goName(type)]
  throw new StrategicError(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`)
}

/** What the items of a field are whose value is a list. */
export function itemTypeOf(field: MergeField): MergeType {
  if (field.type.form === 'list') return field.type.of
  if (!field.pointer) throw new StrategicError('expected slice or array type, but got: struct')
  return field.type
}

/** Of what Go type a JSON value is, as far as merging tells types apart. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'object':
      return value === null ? '<nil>' : 'map[string]interface {}'
    default:
      return '<nil>'
  }
}

function inOtherLetters(fields: MergeFields, key: string): MergeField | undefined {
  const small = key.toLowerCase()
  for (const name of fields.keys()) if (name.toLowerCase() === small) return fields.get(name)
  return undefined
}

/** Scalars in JSON that are structs in Go. */
const structs: Readonly<Record<string, string>> = dictionary({
  quantity: 'Quantity',
  intOrString: 'IntOrString',
  duration: 'Duration',
  time: 'Time',
  microTime: 'MicroTime',
  raw: 'RawExtension',
})

const goName = (type: MergeType): string => (type.form === 'scalar' ? type.scalar : type.form)

function goKind(type: MergeType): string {
  if (type.form === 'list') return 'slice'
  if (type.form !== 'scalar') return type.form
  return { bytes: 'slice', float: 'float64' }[type.scalar] ?? type.scalar
}
