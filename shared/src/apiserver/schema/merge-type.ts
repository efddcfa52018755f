import type { MergeField, MergeType } from '../../k8s/strategic/merge-type.ts'
import type { Field, Type } from './types.ts'
import { dictionary } from '../../lang/dictionary.ts'

/** A type of the API as a strategic merge sees it; fields are looked at when they are asked for. */
export function mergeTypeOf(type: Type): MergeType {
  switch (type.form) {
    case 'list':
      return { form: 'list', of: mergeTypeOf(type.element) }
    case 'map':
      return { form: 'map', of: mergeTypeOf(type.element) }
    case 'struct': {
      const get = (name: string): MergeField | undefined => {
        const field = type.fields.get(name)
        return field && mergeField(field)
      }
      return { form: 'struct', name: type.name, fields: { get, keys: () => type.fields.keys() } }
    }
    case 'any':
      return { form: 'scalar', scalar: 'raw' }
    default:
      return { form: 'scalar', scalar: structs[type.name.slice(type.name.lastIndexOf('.') + 1)] ?? type.scalar }
  }
}

/** Scalars that are structs in Go. */
const structs: Readonly<Record<string, string>> = dictionary({
  Quantity: 'quantity',
  IntOrString: 'intOrString',
  Duration: 'duration',
  Time: 'time',
  MicroTime: 'microTime',
})

function mergeField({ type, patchStrategy, mergeKey }: Field): MergeField {
  return {
    type: mergeTypeOf(type),
    pointer: false,
    merge: patchStrategy.includes('merge'),
    retainKeys: patchStrategy.includes('retainKeys'),
    replace: patchStrategy.includes('replace'),
    ...(mergeKey === undefined ? {} : { mergeKey }),
  }
}
