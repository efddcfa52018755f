import { CelCompileError } from '../cel/program.ts'
import type { FieldError } from '../strategy.ts'
import { forbidden, invalid } from '../validation/field-errors.ts'
import { printGo } from '../validation/go-print.ts'
import { fieldsList, fieldsOf, isFields, isSet, sameValue, textOf, type Fields } from '../validation/values.ts'
import { resultType } from '../cel/result-type.ts'
import { CelPrograms, compileCel } from './cel.ts'
import { typeComplaint } from './rule-types.ts'
import { blocksRules, checkRules, hasRules } from './rules.ts'
import { validateRuleWords, validateWords, type Place } from './schema-words.ts'
import { prune } from './shape.ts'
import { validateStructural } from './structural.ts'
import { validateValue } from './validate.ts'

const metaFields = new Set(['metadata', 'kind', 'apiVersion'])

/** All mistakes of the schema of a definition's version. */
export function validateSchema(schema: Fields, field: string, hasStatus: boolean): FieldError[] {
  const errors = hasStatus ? rootFields(schema, field) : []
  if (schema['nullable'] === true) errors.push(forbidden(`${field}.nullable`, 'nullable cannot be true at the root'))
  const structural = validateStructural(schema, field)
  const defaults = structural.length > 0 ? [] : validateDefaults(schema, field)
  errors.push(...structural, ...defaults)
  const rules: FieldError[] | undefined = errors.length === 0 ? [] : undefined
  errors.push(...openApi(schema, field, { root: true, meta: false }, rules, undefined))
  return [...errors, ...(rules ?? [])]
}

const rootWords = new Set(
  'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf required items properties externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations nullable'.split(
    ' ',
  ),
)
const rootNames =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]'

/** With a status of its own little may stand at the root: the status is checked without the rest. */
function rootFields(schema: Fields, field: string): FieldError[] {
  const type = textOf(schema['type'])
  if (type !== '' && type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [invalid(`${field}.type`, type, detail)]
  }
  if (Object.keys(schema).every((word) => rootWords.has(word) || !isSet(schema[word]))) return []
  const detail = `only ${rootNames} fields are allowed at the root of the schema if the status subresource is enabled`
  return [invalid(field, printGo('apiextensions.v1.JSONSchemaProps', schema), detail)]
}

/** Defaults must be what the schema allows, and nothing it does not know. */
function validateDefaults(schema: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const value = schema['default']
  if (value !== undefined && value !== null) {
    const at = `${field}.default`
    const copy: unknown = structuredClone(value)
    prune(schema, copy)
    if (!sameValue(copy, value)) errors.push(invalid(at, value, 'must not have unknown fields'))
    const wrong = validateValue(schema, value, '')
    errors.push(...wrong.map((error) => below(error, at)))
    if (wrong.length === 0 && hasRules(schema) && !blocksRules(wrong))
      errors.push(...checkRules(schema, value, at, new CelPrograms()))
  }
  if (isFields(schema['items'])) errors.push(...validateDefaults(schema['items'], `${field}.items`))
  for (const [name, property] of Object.entries(fieldsOf(schema['properties'])))
    errors.push(...validateDefaults(fieldsOf(property), `${field}.properties[${name}]`))
  return errors
}

/** What is wrong within a default is said at the place of the default. */
function below(error: FieldError, at: string): FieldError {
  const inside = error.field === '<nil>' || error.field === ''
  return { ...error, field: inside ? at : `${at}.${error.field}` }
}

/** Words of all schemas; `rules` collects what is wrong with rules, where they are to be compiled. */
function openApi(
  schema: Fields,
  field: string,
  place: Place,
  rules: FieldError[] | undefined,
  uncorrelated: string | undefined,
): FieldError[] {
  const errors = validateWords(schema, field, place)
  const go = (inner: unknown, at: string, given: Place, compiled = rules, apart = uncorrelated): void => {
    if (isFields(inner)) errors.push(...openApi(inner, `${field}.${at}`, { ...given, root: false }, compiled, apart))
  }
  const inMeta = 'inside additionalProperties applying to object metadata'
  go(schema['additionalProperties'], 'additionalProperties', place.meta ? { ...place, noDefault: inMeta } : place)
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? (uncorrelated ?? field) : uncorrelated
  for (const [name, property] of Object.entries(fieldsOf(schema['properties']))) {
    const isMeta = (place.root || schema['x-kubernetes-embedded-resource'] === true) && metaFields.has(name)
    const inner: Place = {
      ...place,
      meta: place.meta || isMeta,
      ...(isMeta && place.root ? { noDefault: `in top-level ${name}` } : {}),
    }
    go(property, `properties[${name}]`, inner, rules, atomic)
  }
  if (isFields(schema['not']))
    errors.push(...openApi(schema['not'], `${field}.not`, { ...place, root: false }, undefined, uncorrelated))
  for (const word of ['allOf', 'oneOf', 'anyOf'])
    fieldsList(schema[word]).forEach((branch, index) =>
      errors.push(...openApi(branch, `${field}.${word}[${index}]`, { ...place, root: false }, undefined, uncorrelated)),
    )
  const apart = schema['x-kubernetes-list-type'] === 'map' ? uncorrelated : (uncorrelated ?? field)
  go(schema['items'], 'items', place, rules, apart)
  errors.push(...validateRuleWords(schema, field))
  if (errors.length === 0) rules?.push(...compileRules(schema, field, uncorrelated, place.root))
  return errors
}

/** What is wrong with the types of a rule, or of what makes its message. */
function typesOf(word: string, text: string, schema: Fields, root: boolean): string | undefined {
  if (word === 'rule') return typeComplaint(text, schema, root)
  const type = resultType(text)
  return type === 'dyn' || type === 'string' ? undefined : 'must evaluate to a string'
}

function compileRules(schema: Fields, field: string, uncorrelated: string | undefined, root: boolean): FieldError[] {
  return fieldsList(schema['x-kubernetes-validations']).flatMap((rule, index) => {
    const at = `${field}.x-kubernetes-validations[${index}]`
    const printed = printGo('apiextensions.v1.ValidationRule', rule)
    const errors: FieldError[] = []
    for (const word of ['rule', 'messageExpression']) {
      const text = textOf(rule[word])
      const complaint = text === '' ? undefined : (complaintOf(text) ?? typesOf(word, text, schema, root))
      if (complaint === undefined) continue
      errors.push(invalid(`${at}.${word}`, printed, word === 'rule' ? complaint : `${word} ${complaint}`))
    }
    const text = textOf(rule['rule'])
    if (/\boldSelf\b/.test(text)) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
      if (uncorrelated !== undefined) errors.push(invalid(`${at}.rule`, text, detail))
    } else if (isSet(rule['optionalOldSelf'])) {
      const detail = 'may not be set if oldSelf is not used in rule'
      errors.push(invalid(`${at}.optionalOldSelf`, rule['optionalOldSelf'], detail))
    }
    return errors
  })
}

function complaintOf(expression: string): string | undefined {
  try {
    compileCel(expression)
    return undefined
  } catch (error) {
    // What our own engine cannot plan is no mistake of the rule.
    return error instanceof CelCompileError ? error.message : undefined
  }
}
