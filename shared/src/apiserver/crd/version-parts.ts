import type { FieldError } from '../strategy.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooMany,
} from '../validation/field-errors.ts'
import { dns1035Label } from '../validation/names.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf, type Fields } from '../validation/values.ts'
import { validateClient } from '../validation/webhooks.ts'
import { schemaAt } from './schema-words.ts'

/** A warning is for versions that are deprecated, and short. */
export function validateDeprecation(version: Fields, field: string): FieldError[] {
  const warning = version['deprecationWarning']
  if (typeof warning !== 'string') return []
  const at = `${field}.deprecationWarning`
  if (version['deprecated'] !== true) return [invalid(at, warning, 'can only be set for deprecated versions')]
  const errors: FieldError[] = []
  if (Buffer.byteLength(warning) > 256) errors.push(invalid(at, warning, 'must be <= 256 characters long'))
  if (warning === '') errors.push(invalid(at, warning, 'must not be an empty string'))
  const bad = Array.from(warning).findIndex((character) => /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
  if (bad >= 0) {
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`
    errors.push(invalid(at, warning, why))
  }
  return errors
}

function simplePath(path: string, field: string): FieldError[] {
  return path.startsWith('.') ? [] : [invalid(field, path, 'must be a simple json path starting with .')]
}

/** Paths of the scale subresource lead to what they speak of. */
export function validateScalePaths(scale: unknown, field: string): FieldError[] {
  if (!isFields(scale)) return []
  const errors: FieldError[] = []
  for (const part of ['spec', 'status']) {
    const name = `${part}ReplicasPath`
    const path = textOf(scale[name])
    const wrong = path === '' ? [required(`${field}.${name}`)] : simplePath(path, `${field}.${name}`)
    if (wrong.length > 0) errors.push(...wrong)
    else if (!path.startsWith(`.${part}.`))
      errors.push(invalid(`${field}.${name}`, path, `should be a json path under .${part}`))
  }
  const selector = textOf(scale['labelSelectorPath'])
  if (selector === '') return errors
  const wrong = simplePath(selector, `${field}.labelSelectorPath`)
  if (wrong.length > 0) return [...errors, ...wrong]
  if (!selector.startsWith('.spec.') && !selector.startsWith('.status.')) {
    const detail = 'should be a json path under either .spec or .status'
    errors.push(invalid(`${field}.labelSelectorPath`, selector, detail))
  }
  return errors
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

/** A column of `kubectl get`. */
export function validateColumn(column: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const [type, format, path] = ['type', 'format', 'jsonPath'].map((name) => textOf(column[name])) as [
    string,
    string,
    string,
  ]
  if (textOf(column['name']) === '') errors.push(required(`${field}.name`))
  const oneOf = (words: readonly string[]): string => `must be one of ${words.join(',')}`
  if (type === '') errors.push(required(`${field}.type`, oneOf(columnTypes)))
  else if (!columnTypes.includes(type)) errors.push(invalid(`${field}.type`, type, oneOf(columnTypes)))
  if (format !== '' && !columnFormats.includes(format))
    errors.push(invalid(`${field}.format`, format, oneOf(columnFormats)))
  errors.push(...(path === '' ? [required(`${field}.JSONPath`)] : simplePath(path, `${field}.JSONPath`)))
  return errors
}

/** Fields by which lists can be filtered: plain values outside of the metadata. */
export function validateSelectable(version: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const schema = at(version, 'schema', 'openAPIV3Schema')
  const seen = new Set<string>()
  fieldsList(version['selectableFields']).forEach((selectable, index) => {
    const path = textOf(selectable['jsonPath'])
    const at = `${field}[${index}].jsonPath`
    if (path === '') return void errors.push(required(at))
    const found = schemaAt(schema, path)
    if (!found) {
      const detail = 'is an invalid path: does not refer to a valid field'
      return void errors.push(invalid(at, path, detail))
    }
    if (/^\.metadata\b/.test(path)) errors.push(invalid(at, path, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(textOf(found['type']))) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(at, path, detail))
    }
    if (seen.has(path)) errors.push(duplicate(at, path))
    seen.add(path)
  })
  if (seen.size > 8) errors.push(tooMany(field, seen.size, 8))
  return errors
}

const reviewVersions = ['v1', 'v1beta1']

/** How versions are made of one another. */
export function validateConversion(conversion: Fields, field: string): FieldError[] {
  const strategy = textOf(conversion['strategy'])
  if (strategy === '') return [required(`${field}.strategy`)]
  const errors: FieldError[] = []
  if (strategy !== 'None' && strategy !== 'Webhook')
    errors.push(notSupported(`${field}.strategy`, strategy, ['None', 'Webhook']))
  const webhook = fieldsOf(conversion['webhook'])
  const client = webhook['clientConfig']
  const clientField = `${field}.webhookClientConfig`
  const versions = listOf(webhook['conversionReviewVersions']).map(textOf)
  const versionsField = `${field}.conversionReviewVersions`
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook'
    if (isSet(client)) errors.push(forbidden(clientField, detail))
    if (versions.length > 0) errors.push(forbidden(versionsField, detail))
    return errors
  }
  if (isFields(client)) errors.push(...validateClient(client, clientField))
  else errors.push(required(clientField, 'required when strategy is set to Webhook'))
  if (versions.length === 0) return [...errors, required(versionsField)]
  versions.forEach((version, index) => {
    const at = `${versionsField}[${index}]`
    if (versions.indexOf(version) < index) errors.push(invalid(at, version, 'duplicate version'))
    else errors.push(...invalidAll(at, version, dns1035Label(version)))
  })
  if (!versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(versionsField, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  return errors
}

const approval = 'api-approved.kubernetes.io'
const pull = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Groups of the Kubernetes community are defined with its approval. */
export function validateApproval(definition: Fields, previous: Fields | undefined): FieldError[] {
  const group = textOf(at(definition, 'spec')['group'])
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return []
  const stateOf = (object: Fields): string => {
    const given = textOf(at(object, 'metadata', 'annotations')[approval])
    if (given === '') return 'missing'
    return given.startsWith('unapproved') || /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]/.test(given) ? 'fine' : 'invalid'
  }
  const state = stateOf(definition)
  if (state === 'fine' || (previous !== undefined && stateOf(previous) === state)) return []
  const field = `metadata.annotations[${approval}]`
  const need = `protected groups must have approval annotation "${approval}"`
  if (state === 'missing') return [required(field, `${need}, ${pull}`)]
  const given = at(definition, 'metadata', 'annotations')[approval]
  return [invalid(field, given, `${need} with either a URL or a reason starting with "unapproved", ${pull}`)]
}
