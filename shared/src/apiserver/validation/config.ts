import type { FieldError } from '../strategy.ts'
import { forbidden, immutable, invalid, invalidAll, required } from './field-errors.ts'
import { configMapKey } from './names.ts'
import { at } from './numbers.ts'
import { fieldsOf, isSet, sameValue, sortedMap, textOf, type Fields } from './values.ts'

const sizeLimit = 1024 * 1024

/** ConfigMap: keys, size, and what an immutable one forbids. */
export function validateConfigMap(next: Fields, previous: Fields | undefined): FieldError[] {
  const data = sortedMap(fieldsOf(next['data']))
  const binary = sortedMap(fieldsOf(next['binaryData']))
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidAll(`data[${key}]`, key, configMapKey(key)))
    if (key in binary) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    size += Buffer.byteLength(textOf(value))
  }
  for (const [key, value] of Object.entries(binary)) {
    errors.push(...invalidAll(`binaryData[${key}]`, key, configMapKey(key)))
    size += Buffer.from(textOf(value), 'base64').length
  }
  if (size > sizeLimit)
    errors.push({
      reason: 'FieldValueTooLong',
      // A path without elements prints so.
      field: '[]',
      message: `Too long: may not be more than ${sizeLimit} bytes`,
    })
  errors.push(...keepImmutable(next, previous, ['data', 'binaryData']))
  return errors
}

function keepImmutable(next: Fields, previous: Fields | undefined, names: readonly string[]): FieldError[] {
  if (previous?.['immutable'] !== true) return []
  const complaint = 'field is immutable when `immutable` is set'
  return [
    ...(next['immutable'] === true ? [] : [forbidden('immutable', complaint)]),
    ...names.filter((name) => !sameValue(next[name], previous[name])).map((name) => forbidden(name, complaint)),
  ]
}

/** Secret: keys, size, what its type asks for, and what stays. */
export function validateSecret(next: Fields, previous: Fields | undefined): FieldError[] {
  const data = sortedMap(fieldsOf(next['data']))
  const errors: FieldError[] = []
  if (previous !== undefined && !sameValue(next['type'], previous['type'])) errors.push(immutable('type', next['type']))
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidAll(`data[${key}]`, key, configMapKey(key)))
    size += Buffer.from(textOf(value), 'base64').length
  }
  if (size > sizeLimit)
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'data',
      message: `Too long: may not be more than ${sizeLimit} bytes`,
    })
  errors.push(...validateByType(next, data))
  errors.push(...keepImmutable(next, previous, ['data']))
  return errors
}

function validateByType(secret: Fields, data: Fields): FieldError[] {
  const need = (...keys: string[]) =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`))
  switch (secret['type']) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name'
      return isSet(at(secret, 'metadata', 'annotations')[key]) ? [] : [required(`metadata.annotations[${key}]`)]
    }
    case 'kubernetes.io/dockercfg':
      return [...need('.dockercfg'), ...validJson(data, '.dockercfg')]
    case 'kubernetes.io/dockerconfigjson':
      return [...need('.dockerconfigjson'), ...validJson(data, '.dockerconfigjson')]
    case 'kubernetes.io/basic-auth':
      // One of the two is enough.
      return data['username'] === undefined && data['password'] === undefined ? need('username', 'password') : []
    case 'kubernetes.io/ssh-auth':
      return isSet(data['ssh-privatekey']) ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return need('tls.crt', 'tls.key')
    default:
      return []
  }
}

function validJson(data: Fields, key: string): FieldError[] {
  if (data[key] === undefined) return []
  const complaint = jsonComplaint(Buffer.from(textOf(data[key]), 'base64').toString('utf8'))
  return complaint === undefined ? [] : [invalid(`data[${key}]`, '<secret contents redacted>', complaint)]
}

/** The first mistake in a JSON text, in the words of Go's scanner. */
function jsonComplaint(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && !Array.isArray(value)) return undefined
    const name = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return `json: cannot unmarshal ${name} into Go value of type map[string]interface {}`
  } catch {
    const trimmed = text.trimStart()
    if (trimmed === '') return 'unexpected end of JSON input'
    for (const literal of ['null', 'true', 'false']) {
      if (trimmed[0] !== literal[0]) continue
      for (let index = 1; index < literal.length; index += 1) {
        const found = trimmed[index]
        if (found === undefined) return 'unexpected end of JSON input'
        if (found !== literal[index])
          return `invalid character '${found}' in literal ${literal} (expecting '${literal[index]}')`
      }
    }
    if (!/[[{"\-\d]/.test(trimmed[0] ?? '')) return `invalid character '${trimmed[0]}' looking for beginning of value`
    return 'unexpected end of JSON input'
  }
}
