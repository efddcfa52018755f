import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, notSupported, required } from '../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf, type Fields } from '../validation/values.ts'

/** Where a schema stands within that of a resource. */
export interface Place {
  readonly root: boolean
  /** Within metadata, kind or apiVersion of a resource. */
  readonly meta: boolean
  /** Why nothing may be a default here. */
  readonly noDefault?: string
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unsupported: readonly (readonly [string, string])[] = [
  ['id', 'id is not supported'],
  ['additionalItems', 'additionalItems is not supported'],
  ['patternProperties', 'patternProperties is not supported'],
  ['definitions', 'definitions is not supported'],
  ['dependencies', 'dependencies is not supported'],
  ['$ref', '$ref is not supported'],
]

/** Checks the words of one schema, without those below it. */
export function validateWords(schema: Fields, field: string, place: Place): FieldError[] {
  const errors: FieldError[] = []
  const type = textOf(schema['type'])
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${field}.type`, type, types))
  if (schema['default'] !== undefined && place.noDefault !== undefined)
    errors.push(forbidden(`${field}.default`, `must not be set ${place.noDefault}`))
  for (const [word, detail] of unsupported) if (isSet(schema[word])) errors.push(forbidden(`${field}.${word}`, detail))
  if (type === 'null')
    errors.push(forbidden(`${field}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(schema['items']))
    errors.push(forbidden(`${field}.items`, 'items must be a schema object and not an array'))
  if (place.meta && schema['x-kubernetes-embedded-resource'] === true)
    errors.push(forbidden(`${field}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  if (schema['uniqueItems'] === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbidden(`${field}.uniqueItems`, detail))
  }
  const rest = schema['additionalProperties']
  if (Object.keys(fieldsOf(schema['properties'])).length > 0 && (rest === false || isFields(rest))) {
    const detail = 'additionalProperties and properties are mutual exclusive'
    errors.push(forbidden(`${field}.additionalProperties`, detail))
  }
  const preserve = 'x-kubernetes-preserve-unknown-fields'
  if (schema[preserve] === false) errors.push(invalid(`${field}.${preserve}`, false, 'must be true or undefined'))
  return [...errors, ...mapWords(schema, type, field), ...listWords(schema, type, field)]
}

function wrongType(type: string, field: string, detail: string): FieldError {
  return type === '' ? required(`${field}.type`, detail) : invalid(`${field}.type`, type, detail)
}

function mapWords(schema: Fields, type: string, field: string): FieldError[] {
  const kind = schema['x-kubernetes-map-type']
  if (!isSet(kind)) return []
  const errors =
    type === 'object' ? [] : [wrongType(type, field, 'must be object if x-kubernetes-map-type is specified')]
  if (kind !== 'atomic' && kind !== 'granular')
    errors.push(notSupported(`${field}.x-kubernetes-map-type`, kind, ['atomic', 'granular']))
  return errors
}

function listWords(schema: Fields, type: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  const kind = schema['x-kubernetes-list-type']
  const keys = listOf(schema['x-kubernetes-list-map-keys'])
  const items = schema['items']
  const listField = `${field}.x-kubernetes-list-type`
  if (isSet(kind) && type !== 'array')
    errors.push(wrongType(type, field, 'must be array if x-kubernetes-list-type is specified'))
  else if (kind === 'set' && isFields(items)) errors.push(...setItems(items, `${field}.items`))
  if (isSet(kind) && !['atomic', 'set', 'map'].includes(textOf(kind)))
    errors.push(notSupported(listField, kind, ['atomic', 'set', 'map']))
  const mustBeMap = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (keys.length > 0 && !isSet(kind)) errors.push(required(listField, mustBeMap))
  else if (keys.length > 0 && kind !== 'map') errors.push(invalid(listField, kind, mustBeMap))
  if (kind === 'map') errors.push(...mapItems(schema, keys.map(textOf), field))
  if ((kind === 'set' || kind === 'map') && isFields(items)) {
    if (items['nullable'] === true) {
      const detail = `cannot be nullable when x-kubernetes-list-type is ${kind}`
      errors.push(forbidden(`${field}.items.nullable`, detail))
    }
    if (kind === 'map') errors.push(...mapKeys(items, keys.map(textOf), `${field}.items`))
  }
  return errors
}

function setItems(items: Fields, field: string): FieldError[] {
  const list = items['x-kubernetes-list-type']
  const map = items['x-kubernetes-map-type']
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  if (items['type'] === 'array' && isSet(list) && list !== 'atomic')
    return [invalid(`${field}.x-kubernetes-list-type`, list, detail)]
  if (items['type'] === 'object' && map !== 'atomic') return [invalid(`${field}.x-kubernetes-map-type`, list, detail)]
  return []
}

function mapItems(schema: Fields, keys: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = []
  const items = schema['items']
  const keysField = `${field}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(required(keysField, 'must not be empty if x-kubernetes-list-type is map'))
  if (!isSet(items))
    return [...errors, required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  if (!isFields(items)) return errors
  const type = textOf(items['type'])
  if (type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalid(`${field}.items.type`, type, detail)]
  }
  keys.forEach((key, index) => {
    const property = fieldsOf(items['properties'])[key]
    if (!isFields(property)) errors.push(invalid(keysField, keys, 'entries must all be names of item properties'))
    else if (property['type'] === 'array' || property['type'] === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(`${field}.items.properties[${key}].type`, type, detail))
    }
    if (keys.indexOf(key) < index) errors.push(invalid(keysField, keys, 'must not contain duplicate entries'))
  })
  return errors
}

function mapKeys(items: Fields, keys: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = []
  const demanded = listOf(items['required'])
  for (const key of keys) {
    const property = fieldsOf(items['properties'])[key]
    if (!isFields(property)) continue
    const at = `${field}.properties[${key}]`
    const word = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!demanded.includes(key) && property['default'] === undefined)
      errors.push(required(`${at}.default`, `${word} must have a default or be a required property`))
    if (property['nullable'] === true) errors.push(forbidden(`${at}.nullable`, `${word} cannot be nullable`))
  }
  return errors
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

/** Checks the rules of one schema, as far as they need not be compiled. */
export function validateRuleWords(schema: Fields, field: string): FieldError[] {
  return fieldsList(schema['x-kubernetes-validations']).flatMap((rule, index) => {
    const at = `${field}.x-kubernetes-validations[${index}]`
    const [text, message, expression, path] = ['rule', 'message', 'messageExpression', 'fieldPath'].map((name) =>
      textOf(rule[name]),
    ) as [string, string, string, string]
    const errors = ruleText(text, message, at)
    if (expression !== '' && expression.trim() === '')
      errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
    if (isSet(rule['reason']) && !reasons.includes(textOf(rule['reason'])))
      errors.push(notSupported(`${at}.reason`, rule['reason'], reasons))
    if (path === '') return errors
    if (path.trim() === '') errors.push(invalid(`${at}.fieldPath`, path, 'fieldPath must be non-empty if specified'))
    if (/[\n\r]/.test(path)) errors.push(invalid(`${at}.fieldPath`, path, 'must not contain line breaks'))
    if (!isPath(schema, path)) errors.push(invalid(`${at}.fieldPath`, path, 'must be a valid path'))
    return errors
  })
}

function ruleText(text: string, message: string, at: string): FieldError[] {
  if (text.trim() === '') return [required(`${at}.rule`, 'rule is not specified')]
  if (message !== '' && message.trim() === '')
    return [invalid(`${at}.message`, message, 'message must be non-empty if specified')]
  if (/[\n\r]/.test(message.trim())) return [invalid(`${at}.message`, message, 'must not contain line breaks')]
  return /[\n\r]/.test(text.trim()) && message.trim() === ''
    ? [required(`${at}.message`, 'message must be specified if rule contains line breaks')]
    : []
}

/** Whether a path as `.spec.a['b']` leads to a field of a schema. */
export function isPath(schema: Fields, path: string): boolean {
  return schemaAt(schema, path) !== undefined
}

/** The schema of the field at a path; undefined where it leads nowhere. */
export function schemaAt(schema: Fields, path: string): Fields | undefined {
  let at: Fields = schema
  let rest = path
  while (rest !== '') {
    const step = /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']*)'\])/.exec(rest)
    if (!step) return undefined
    const name = step[1] ?? step[2] ?? ''
    const { properties, additionalProperties } = at
    const next = fieldsOf(properties)[name] ?? additionalProperties
    if (!isFields(next)) return undefined
    at = next
    rest = rest.slice(step[0].length)
  }
  return path === '' ? undefined : at
}
