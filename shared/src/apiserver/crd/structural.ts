import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, required } from '../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'
import { goPattern } from './validate.ts'
import { orderedBy } from '../../lang/order.ts'

type Level = 'root' | 'field' | 'item'

/** Checks that a CRD's schema is structural: every field has one type, said in one place. Complaints come in alphabetical order. */
export function validateStructural(schema: Fields, field: string): FieldError[] {
  const line = (error: FieldError): string => `${error.field}: ${error.message}`
  const errors = [...invariants(schema, 'root', field), ...completeness(schema, field)]
  return errors.sort(orderedBy(line))
}

const untyped: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function invariants(schema: Fields, level: Level, field: string): FieldError[] {
  const errors: FieldError[] = []
  const type = textOf(schema['type'])
  const properties = fieldsOf(schema['properties'])
  const items = schema['items']
  const rest = schema['additionalProperties']
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  if (type === 'array' && !isSet(items)) errors.push(required(`${field}.items`, 'must be specified'))
  if (isFields(items)) errors.push(...invariants(items, 'item', `${field}.items`))
  for (const [name, property] of Object.entries(properties))
    errors.push(...invariants(fieldsOf(property), 'field', `${field}.properties[${name}]`))
  if (isSet(rest)) {
    if (level === 'root') errors.push(forbidden(`${field}.additionalProperties`, 'must not be used at the root'))
    if (isFields(rest)) errors.push(...invariants(rest, 'field', `${field}.additionalProperties`))
  }
  errors.push(...extensions(schema, field), ...validations(schema, field, true))
  errors.push(...typed(schema, type, level, field))
  if (embedded && isSet(rest)) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set'
    errors.push(forbidden(`${field}.additionalProperties`, detail))
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(`${field}.type`, type, 'must be object at the root'))
  errors.push(...meta(properties, level === 'root' || embedded, level, field))
  if (embedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && Object.keys(properties).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(`${field}.properties`, detail))
  }
  return errors
}

function typed(schema: Fields, type: string, level: Level, field: string): FieldError[] {
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    return [type === '' ? required(`${field}.type`, detail) : invalid(`${field}.type`, type, detail)]
  }
  const loose = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  return type === '' && !loose ? [required(`${field}.type`, untyped[level])] : []
}

/** What every resource has may be restricted, but not told anew. */
function meta(properties: Fields, isResource: boolean, level: Level, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['kind', 'apiVersion']) {
    if (!isResource || !isSet(properties[name])) continue
    const type = textOf(fieldsOf(properties[name])['type'])
    if (type !== 'string') errors.push(invalid(`${field}.properties[${name}].type`, type, 'must be string'))
  }
  if (!isSet(properties['metadata'])) return errors
  const at = `${field}.properties[metadata]`
  const { type, properties: named, default: _, ...more } = fieldsOf(properties['metadata'])
  if (isResource && type !== 'object') errors.push(invalid(`${at}.type`, textOf(type), 'must be object'))
  const others = Object.keys(fieldsOf(named)).filter((name) => name !== 'name' && name !== 'generateName')
  const known = new Set(['required', 'minProperties', 'maxProperties'])
  const told = others.length > 0 || Object.keys(more).some((key) => !known.has(key) && isSet(more[key]))
  if (level === 'root' && told) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(at, detail))
  }
  return errors
}

function extensions(schema: Fields, field: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return []
  return ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']
    .filter((name) => schema[name] === true)
    .map((name) => invalid(`${field}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'))
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** What stands under allOf, anyOf, oneOf and not only restricts; the one exception are the two types of an int-or-string. */
function validations(schema: Fields, field: string, outside: boolean): FieldError[] {
  const errors: FieldError[] = []
  const isPattern = (branches: unknown): boolean => outside && sameValue(branches, intOrString)
  for (const word of ['anyOf', 'allOf', 'oneOf']) {
    if (word === 'anyOf' && isPattern(schema['anyOf'])) continue
    fieldsList(schema[word]).forEach((branch, index) => {
      const { anyOf, ...others } = branch
      const spared = word === 'allOf' && index === 0 && isPattern(anyOf) ? others : branch
      errors.push(...nested(spared, `${field}.${word}[${index}]`))
    })
  }
  if (isFields(schema['not'])) errors.push(...nested(schema['not'], `${field}.not`))
  const pattern = textOf(schema['pattern'])
  const complaint = pattern === '' ? undefined : goPattern(pattern)
  if (complaint !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${complaint}`
    errors.push(invalid(`${field}.pattern`, pattern, detail))
  }
  return errors
}

const empty = 'must be empty to be structural'
const absent = 'must be undefined to be structural'
const not = 'must be false to be structural'
const forbiddenWords: readonly (readonly [string, string])[] = [
  ['type', empty],
  ['additionalProperties', absent],
  ['default', absent],
  ['title', empty],
  ['description', empty],
  ['nullable', not],
  ['x-kubernetes-preserve-unknown-fields', not],
  ['x-kubernetes-embedded-resource', not],
  ['x-kubernetes-int-or-string', not],
  ['x-kubernetes-list-map-keys', empty],
  ['x-kubernetes-list-type', absent],
  ['x-kubernetes-map-type', absent],
  ['x-kubernetes-validations', empty],
]

function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isSet(value) && value !== '' && value !== false
}

function nested(branch: Fields, field: string): FieldError[] {
  const errors = validations(branch, field, false)
  if (isFields(branch['items'])) errors.push(...nested(branch['items'], `${field}.items`))
  const properties = fieldsOf(branch['properties'])
  for (const [name, property] of Object.entries(properties))
    errors.push(...nested(fieldsOf(property), `${field}.properties[${name}]`))
  for (const [word, detail] of forbiddenWords)
    if (isSaid(branch[word])) errors.push(forbidden(`${field}.${word}`, detail))
  if (isSet(properties['metadata']))
    errors.push(forbidden(`${field}.properties[metadata]`, 'must not be specified in a nested context'))
  return errors
}

/** What a restriction speaks of must be declared outside of it. */
function completeness(schema: Fields, field: string): FieldError[] {
  const errors = branches(schema, schema, field, field)
  if (isFields(schema['items'])) errors.push(...completeness(schema['items'], `${field}.items`))
  for (const [name, property] of Object.entries(fieldsOf(schema['properties'])))
    errors.push(...completeness(fieldsOf(property), `${field}.properties[${name}]`))
  const rest = schema['additionalProperties']
  if (isFields(rest)) errors.push(...completeness(rest, `${field}.additionalProperties`))
  return errors
}

function branches(branch: Fields, outer: Fields, outerField: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const word of ['allOf', 'anyOf', 'oneOf'])
    listOf(branch[word]).forEach((inner, index) =>
      errors.push(...declared(fieldsOf(inner), outer, outerField, `${field}.${word}[${index}]`)),
    )
  if (isFields(branch['not'])) errors.push(...declared(branch['not'], outer, outerField, `${field}.not`))
  return errors
}

function declared(branch: Fields, outer: unknown, outerField: string, field: string): FieldError[] {
  if (!isFields(outer)) return [required(outerField, `because it is defined in ${field}`)]
  const errors = branches(branch, outer, outerField, field)
  if (isFields(branch['items']))
    errors.push(...declared(branch['items'], outer['items'], `${outerField}.items`, `${field}.items`))
  for (const [name, property] of Object.entries(fieldsOf(branch['properties']))) {
    const at = `properties[${name}]`
    const declaration = fieldsOf(outer['properties'])[name]
    errors.push(...declared(fieldsOf(property), declaration, `${outerField}.${at}`, `${field}.${at}`))
  }
  return errors
}
