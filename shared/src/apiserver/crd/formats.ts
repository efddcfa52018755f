import { dictionary } from '../../lang/dictionary.ts'
import { fieldsList, fieldsOf, isFields, textOf, type Fields } from '../validation/values.ts'

const known = new Set(
  'bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn hexcolor rgbcolor byte password date duration datetime k8sshortname k8slongname'.split(
    ' ',
  ),
)
const ofNumbers: Readonly<Record<string, readonly string[]>> = dictionary({
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
})

function isKnown(type: string, format: string): boolean {
  if (type === '' || type === 'string') return known.has(format.replaceAll('-', ''))
  return ofNumbers[type]?.includes(format) ?? false
}

/** Formats in the schemas of a definition that nobody checks. */
export function unknownFormats(definition: Fields): readonly string[] {
  return fieldsList(fieldsOf(definition['spec'])['versions']).flatMap((version) =>
    within(fieldsOf(version['schema'])['openAPIV3Schema']),
  )
}

function within(schema: unknown): string[] {
  if (!isFields(schema)) return []
  const format = textOf(schema['format'])
  return [
    ...(format === '' || isKnown(textOf(schema['type']), format) ? [] : [format]),
    ...within(schema['items']),
    ...['allOf', 'oneOf', 'anyOf'].flatMap((list) => fieldsList(schema[list]).flatMap(within)),
    ...within(schema['not']),
    ...Object.values(fieldsOf(schema['properties'])).flatMap(within),
    ...within(schema['additionalProperties']),
  ]
}
