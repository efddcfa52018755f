import table from './ownership.json' with { type: 'json' }
import {
  anything,
  type StructuredField,
  type StructuredStruct,
  type StructuredType,
} from '../../k8s/structured/type.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { keptBy } from '../../lang/kept-by.ts'
import type { SchemeType, StructType } from './types.ts'

/** By type and field: `atomic`, `set`, or `map` and the keys of its items, each with its default. */
const marks: Readonly<Record<string, Readonly<Record<string, string>>>> = dictionary(table)

/**
 * A known type as servers merge it by ownership. What it does not know of is merged as it stands: the servers of tomorrow
 * have fields that nobody knows today.
 */
export const structuredType: (type: StructType) => StructuredStruct = keptBy((type: StructType): StructuredStruct => {
  const own = dictionary(marks[type.name] ?? {})
  const known = new Map<string, StructuredField>()
  const get = (name: string): StructuredField | undefined => {
    const found = known.get(name)
    const field = found ? undefined : type.fields.get(name)
    if (!field) return found
    const made = { type: owned(field.type, own[name]) }
    known.set(name, made)
    return made
  }
  const fields = { get, has: (name: string) => type.fields.has(name) }
  return { form: 'struct', fields, atomic: own['.'] === 'atomic', rest: anything }
})

function owned(type: SchemeType, mark: string | undefined): StructuredType {
  switch (type.form) {
    case 'scalar':
      return type.scalar === 'raw' ? anything : { form: 'scalar' }
    case 'map':
      return { form: 'map', element: owned(type.of, undefined), atomic: mark === 'atomic' }
    case 'struct': {
      const struct = structuredType(type)
      return mark === 'atomic' ? { ...struct, atomic: true } : struct
    }
    default:
      return list(owned(type.of, undefined), mark)
  }
}

function list(element: StructuredType, mark = 'atomic'): StructuredType {
  const [listType, ...words] = mark.split(' ')
  if (listType !== 'map') return { form: 'list', element, listType: listType === 'set' ? 'set' : 'atomic', keys: [] }
  const defaults = new Map(words.map((word) => readKey(word)))
  return { form: 'list', element: withDefaults(element, defaults), listType, keys: [...defaults.keys()] }
}

/** `protocol=TCP`, or a key alone. */
function readKey(word: string): [key: string, value: string | undefined] {
  const [key = '', value] = word.split('=')
  return [key, value]
}

/** An item is known by the default of a key that it does not say. */
function withDefaults(element: StructuredType, defaults: ReadonlyMap<string, string | undefined>): StructuredType {
  if (element.form !== 'struct' || [...defaults.values()].every((value) => value === undefined)) return element
  const get = (name: string): StructuredField | undefined => {
    const field = element.fields.get(name)
    const value = defaults.get(name)
    return field && value !== undefined ? { ...field, default: value } : field
  }
  return { ...element, fields: { get, has: (name) => element.fields.has(name) } }
}
