import { dictionary } from '../../lang/dictionary.ts'
import { jsonEqual } from '../../lang/json.ts'
import type { FieldError } from '../strategy.ts'
import { duplicate, invalid, notSupported, printValue, required, tooLong, tooMany } from '../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'

/** Checks a value against a structural schema, in the words of Kubernetes. `old` spares what an update leaves as it is. */
export function validateValue(
  schema: Fields,
  value: unknown,
  path: string,
  old?: { readonly value: unknown },
): FieldError[] {
  // Ratcheting: what did not change is not judged anew.
  if (old !== undefined && jsonEqual(value, old.value)) return []
  const typeErrors = checkType(schema, value, path)
  if (typeErrors !== undefined) return [...typeErrors, ...checkChoice(schema, value, path)]
  if (value === null) return []
  const errors = checkChoice(schema, value, path)
  if (typeof value === 'string') errors.push(...checkText(schema, value, path))
  if (typeof value === 'number') errors.push(...checkNumber(schema, value, path))
  if (Array.isArray(value)) errors.push(...checkItems(schema, value, path, old?.value))
  if (isFields(value)) errors.push(...checkFields(schema, value, path, old?.value))
  if (isFields(value) && schema['x-kubernetes-embedded-resource'] === true) errors.push(...checkEmbedded(value, path))
  errors.push(...checkCombined(schema, value, path, old))
  return errors
}

/** An object within an object says what it is. */
function checkEmbedded(value: Fields, path: string): FieldError[] {
  const apiVersion = textOf(value['apiVersion'])
  return [
    ...['apiVersion', 'kind'].flatMap((name) => (textOf(value[name]) === '' ? [required(`${path}.${name}`)] : [])),
    ...(apiVersion.split('/').length > 2
      ? [invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
      : []),
  ]
}

function checkChoice(schema: Fields, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (Array.isArray(schema['enum']) && !schema['enum'].some((item) => sameValue(item, value) && item !== null)) {
    errors.push(
      notSupported(
        path,
        value,
        schema['enum'].map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
      ),
    )
  }
  return errors
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function checkType(schema: Fields, value: unknown, path: string): FieldError[] | undefined {
  const found = typeOf(value)
  if (value === null && schema['nullable'] === true) return undefined
  const loose = schema['x-kubernetes-int-or-string'] === true
  const wanted = loose ? 'integer,string' : textOf(schema['type'])
  if (wanted === '') return undefined
  const fits = loose
    ? found === 'integer' || found === 'string'
    : found === wanted || (wanted === 'number' && found === 'integer')
  if (fits) return undefined
  const error: FieldError = {
    reason: 'FieldValueTypeInvalid',
    field: path === '' ? '<nil>' : path,
    message: `Invalid value: "${found}": ${path} in body must be of type ${wanted}: "${found}"`,
  }
  if (wanted !== 'integer' || found !== 'number') return [error]
  // A fraction is a number still: its bounds are checked as well, and the integer's format complains of it too.
  const format: FieldError = {
    reason: 'FieldValueInvalid',
    field: '<nil>',
    message: `Invalid value: "": Checked value must be of type integer (default format) in ${path}`,
  }
  return [
    error,
    ...(typeof value === 'number' ? checkNumber(schema, value, path, true) : []),
    ...(hasBounds(schema) ? [format] : []),
  ]
}

function hasBounds(schema: Fields): boolean {
  return ['minimum', 'maximum', 'multipleOf'].some((name) => schema[name] !== undefined)
}

const formats: Readonly<Record<string, RegExp>> = dictionary({
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
  ipv4: /^(\d{1,3}\.){3}\d{1,3}$/,
  ipv6: /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/,
  uuid: /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/,
  hostname: /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*$/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
  // As Go reads a request's target: a path, or something with a scheme.
  uri: /^(\/|[a-zA-Z][a-zA-Z0-9+.-]*:)[^\s]*$/,
})

function checkText(schema: Fields, value: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const length = Array.from(value).length
  const { minLength, maxLength, pattern, format } = schema
  if (typeof maxLength === 'number' && length > maxLength) errors.push(tooLong(path, maxLength))
  if (typeof minLength === 'number' && length < minLength)
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`))
  if (typeof pattern === 'string' && !matches(pattern, value))
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`))
  const expression = typeof format === 'string' ? formats[format] : undefined
  if (expression !== undefined && !expression.test(value)) {
    const text = `${path} in body must be of type ${format as string}: ${JSON.stringify(value)}`
    errors.push({ ...invalid(path, value, text), reason: 'FieldValueTypeInvalid' })
  }
  return errors
}

/** Go's patterns differ little from ours; one that we cannot read refuses nothing. */
function matches(pattern: string, value: string): boolean {
  try {
    return readPattern(pattern).test(value)
  } catch {
    return true
  }
}

function readPattern(pattern: string): RegExp {
  const text = pattern
    .replace(/^\(\?[imsU]+\)/, '')
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
  return new RegExp(text, pattern.startsWith('(?i)') ? 'i' : '')
}

/** What Go says of a pattern that is none, of the mistakes that are made. */
export function goPattern(pattern: string): string | undefined {
  const said = (why: string): string => `error parsing regexp: ${why}`
  const [look] = /\(\?(?:<?[=!])/.exec(pattern) ?? []
  if (look !== undefined) return said(`invalid or unsupported Perl syntax: \`${look}\``)
  try {
    readPattern(pattern)
    return undefined
  } catch {
    const [repeated] = /^[*+?]/.exec(pattern) ?? []
    if (repeated !== undefined) return said(`missing argument to repetition operator: \`${repeated}\``)
    const bare = pattern.replace(/\\[^]/g, '')
    const open = bare.indexOf('[')
    if (open >= 0 && !bare.slice(open).includes(']'))
      return said(`missing closing ]: \`${pattern.slice(pattern.indexOf('['))}\``)
    if (bare.split('(').length > bare.split(')').length) return said(`missing closing ): \`${pattern}\``)
    if (bare.split('(').length < bare.split(')').length) return said(`unexpected ): \`${pattern}\``)
    return said(`invalid escape sequence: \`${/\\[^]/.exec(pattern)?.[0] ?? pattern}\``)
  }
}

function checkNumber(schema: Fields, value: number, path: string, always = false): FieldError[] {
  const errors: FieldError[] = []
  const { minimum, maximum, multipleOf } = schema
  const complain = (text: string): void => void errors.push(invalid(path, value, `${path} in body ${text}`))
  if (typeof maximum === 'number') {
    if (schema['exclusiveMaximum'] === true ? value >= maximum : value > maximum)
      complain(`should be less than ${schema['exclusiveMaximum'] === true ? '' : 'or equal to '}${maximum}`)
  }
  if (typeof minimum === 'number') {
    if (schema['exclusiveMinimum'] === true ? value <= minimum : value < minimum)
      complain(`should be greater than ${schema['exclusiveMinimum'] === true ? '' : 'or equal to '}${minimum}`)
  }
  if (typeof multipleOf === 'number' && multipleOf > 0) {
    const ratio = value / multipleOf
    if (Math.abs(ratio - Math.round(ratio)) > 1e-9) complain(`should be a multiple of ${multipleOf}`)
  }
  const format = schema['format']
  if (!always && format === 'int32' && (value > 2147483647 || value < -2147483648)) {
    errors.push({
      reason: 'FieldValueInvalid',
      field: '<nil>',
      message: `Invalid value: "": Checked value must be of type integer with format int32 in ${path}`,
    })
  }
  return errors
}

function checkItems(schema: Fields, items: readonly unknown[], path: string, old: unknown): FieldError[] {
  const errors: FieldError[] = []
  const { maxItems, minItems } = schema
  if (typeof maxItems === 'number' && items.length > maxItems) errors.push(tooMany(path, items.length, maxItems))
  if (typeof minItems === 'number' && items.length < minItems)
    errors.push(invalid(path, items.length, `${path} in body should have at least ${minItems} items`))
  const keys = listOf(schema['x-kubernetes-list-map-keys']).map(textOf)
  const kind = schema['x-kubernetes-list-type']
  const identity = (item: unknown): unknown =>
    kind === 'map' ? Object.fromEntries(keys.map((key) => [key, fieldsOf(item)[key]])) : item
  if (kind === 'set' || kind === 'map' || schema['uniqueItems'] === true) {
    const seen = new Set<string>()
    items.forEach((item, index) => {
      const key = printValue(identity(item))
      if (seen.has(key)) errors.push(duplicate(`${path}[${index}]`, identity(item)))
      seen.add(key)
    })
  }
  if (!isFields(schema['items'])) return errors
  const itemSchema = schema['items']
  const before = listOf(old)
  items.forEach((item, index) => {
    // Elements of maps are known by their keys; of other lists they cannot be told from one another.
    const former =
      kind === 'map'
        ? before.filter((other) => sameValue(identity(other), identity(item))).map((other) => ({ value: other }))[0]
        : undefined
    errors.push(...validateValue(itemSchema, item, `${path}[${index}]`, former))
  })
  return errors
}

function checkFields(schema: Fields, value: Fields, path: string, old: unknown): FieldError[] {
  const errors: FieldError[] = []
  const join = (name: string): string => (path === '' ? name : `${path}.${name}`)
  for (const name of listOf(schema['required']).map(textOf))
    if (value[name] === undefined) errors.push(required(join(name)))
  const count = Object.keys(value).length
  const { minProperties, maxProperties } = schema
  if (typeof maxProperties === 'number' && count > maxProperties) errors.push(tooMany(path, count, maxProperties))
  if (typeof minProperties === 'number' && count < minProperties)
    errors.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`))
  const properties = fieldsOf(schema['properties'])
  const former = (name: string): { value: unknown } | undefined =>
    isFields(old) && name in old ? { value: old[name] } : undefined
  for (const [name, item] of Object.entries(value)) {
    const property = properties[name] ?? schema['additionalProperties']
    if (isFields(property)) errors.push(...validateValue(property, item, join(name), former(name)))
  }
  return errors
}

/** allOf, anyOf, oneOf and not: that they are not met, and what the likeliest branch says. */
function checkCombined(
  schema: Fields,
  value: unknown,
  path: string,
  old: { readonly value: unknown } | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  const said = (branch: Fields): FieldError[] => validateValue(branch, value, path)
  const say = (text: string): void => void errors.push(combinedError(path, text))
  const any = fieldsList(schema['anyOf']).map(said)
  if (any.length > 0 && any.every((of) => of.length > 0)) {
    say('must validate at least one schema (anyOf)')
    errors.push(...(any[0] ?? []))
  }
  const one = fieldsList(schema['oneOf']).map(said)
  const met = one.filter((of) => of.length === 0).length
  if (one.length > 0 && met === 0) {
    say('must validate one and only one schema (oneOf). Found none valid')
    errors.push(...(one[0] ?? []))
  } else if (met > 1) say(`must validate one and only one schema (oneOf). Found ${met} valid alternatives`)
  const all = fieldsList(schema['allOf']).map((branch) => validateValue(branch, value, path, old))
  const failed = all.filter((of) => of.length > 0)
  errors.push(...failed.flat())
  if (failed.length > 0)
    say(`must validate all the schemas (allOf)${failed.length === all.length ? '. None validated' : ''}`)
  if (isFields(schema['not']) && said(schema['not']).length === 0) say('must not validate the schema (not)')
  return errors
}

const combinedError = (path: string, text: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message: `Invalid value: "": ${JSON.stringify(path)} ${text}`,
})
