import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, notSupported, required } from '../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, isSet, textOf, type Fields } from '../validation/values.ts'
import { validateValue } from './validate.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const combined = ['allOf', 'anyOf', 'oneOf'] as const

/** Checks that a CRD's schema is structural: every field has one type, said in one place. */
export function validateStructural(schema: Fields, field: string): FieldError[] {
  const type = textOf(schema['type'])
  if (type === '') return [required(`${field}.type`, 'must not be empty at the root')]
  if (types.includes(type) && type !== 'object') return [invalid(`${field}.type`, type, 'must be object at the root')]
  const errors = checkMetadata(fieldsOf(schema['properties'])['metadata'], `${field}.properties[metadata]`)
  errors.push(...check(schema, field, true))
  return errors
}

function checkMetadata(metadata: unknown, field: string): FieldError[] {
  if (!isFields(metadata)) return []
  const extra = Object.keys(fieldsOf(metadata['properties'])).some((name) => name !== 'name' && name !== 'generateName')
  return extra
    ? [
        forbidden(
          field,
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      ]
    : []
}

function check(schema: Fields, field: string, root = false): FieldError[] {
  const errors: FieldError[] = []
  const type = textOf(schema['type'])
  const loose = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (type === '' && !loose && !root)
    return [required(`${field}.type`, 'must not be empty for specified object fields')]
  if (type !== '' && !types.includes(type)) return [notSupported(`${field}.type`, type, types)]
  if (type === 'array' && !isFields(schema['items'])) errors.push(required(`${field}.items`, 'must be specified'))
  if (
    isFields(schema['properties']) &&
    isSet(schema['additionalProperties']) &&
    schema['additionalProperties'] !== false
  ) {
    errors.push(forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
  }
  for (const [name, property] of Object.entries(fieldsOf(schema['properties']))) {
    errors.push(...check(fieldsOf(property), `${field}.properties[${name}]`))
  }
  if (isFields(schema['items'])) errors.push(...check(schema['items'], `${field}.items`))
  if (isFields(schema['additionalProperties']))
    errors.push(...check(schema['additionalProperties'], `${field}.additionalProperties`))
  errors.push(...checkCombined(schema, schema, field, field))
  if (schema['default'] !== undefined && errors.length === 0)
    errors.push(
      ...validateValue(schema, schema['default'], '').map((error) => ({ ...error, field: `${field}.default` })),
    )
  errors.push(...checkRules(schema, field), ...checkList(schema, field))
  return errors
}

const onlyStructural = ['type', 'default', 'additionalProperties', 'nullable', 'title', 'description']

/** Within allOf, anyOf, oneOf and not, only restrictions may stand, on fields that are declared outside. */
function checkCombined(outer: Fields, schema: Fields, outerField: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const word of combined) {
    fieldsList(schema[word]).forEach((branch, index) =>
      errors.push(...checkBranch(outer, branch, outerField, `${field}.${word}[${index}]`)),
    )
  }
  if (isFields(schema['not'])) errors.push(...checkBranch(outer, schema['not'], outerField, `${field}.not`))
  return errors
}

function checkBranch(outer: Fields, branch: Fields, outerField: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  const free = outer['x-kubernetes-int-or-string'] === true
  for (const name of onlyStructural) {
    if (isSet(branch[name]) && !(free && name === 'type'))
      errors.push(forbidden(`${field}.${name}`, 'must be empty to be structural'))
  }
  for (const [name, property] of Object.entries(fieldsOf(branch['properties']))) {
    const declared = fieldsOf(outer['properties'])[name]
    const at = `${field}.properties[${name}]`
    if (!isFields(declared))
      errors.push(required(`${outerField}.properties[${name}]`, `because it is defined in ${at}`))
    errors.push(...checkBranch(fieldsOf(declared), fieldsOf(property), `${outerField}.properties[${name}]`, at))
  }
  if (isFields(branch['items']))
    errors.push(...checkBranch(fieldsOf(outer['items']), branch['items'], `${outerField}.items`, `${field}.items`))
  errors.push(...checkCombined(outer, branch, outerField, field))
  return errors
}

function checkRules(schema: Fields, field: string): FieldError[] {
  return fieldsList(schema['x-kubernetes-validations']).flatMap((rule, index) =>
    isSet(rule['rule']) ? [] : [required(`${field}.x-kubernetes-validations[${index}].rule`, 'rule is not specified')],
  )
}

function checkList(schema: Fields, field: string): FieldError[] {
  const kind = schema['x-kubernetes-list-type']
  if (!isSet(kind)) return []
  if (!['atomic', 'map', 'set'].includes(textOf(kind)))
    return [notSupported(`${field}.x-kubernetes-list-type`, kind, ['atomic', 'map', 'set'])]
  const errors: FieldError[] = []
  if (schema['type'] !== 'array')
    errors.push(invalid(`${field}.type`, schema['type'] ?? '', 'must be array if x-kubernetes-list-type is specified'))
  if (kind === 'map' && !isSet(schema['x-kubernetes-list-map-keys'])) {
    errors.push(required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
  }
  return errors
}
