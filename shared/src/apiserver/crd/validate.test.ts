import { expect, test } from 'vitest'
import { CelPrograms } from './cel.ts'
import { checkRules } from './rules.ts'
import { applyDefaults, dropNulls, prune } from './shape.ts'
import { validateValue } from './validate.ts'

const text = { type: 'string', maxLength: 3 }

test('values are judged by their schema, but not those that an update leaves alone', () => {
  const schema = { type: 'object', properties: { a: text, b: text }, required: ['a'] }
  expect(validateValue(schema, {}, '').map((error) => `${error.field}: ${error.message}`)).toEqual([
    'a: Required value',
  ])
  expect(validateValue(schema, { a: 'long', b: 'x' }, '', { value: { a: 'long', b: 'y' } })).toEqual([])
  expect(validateValue(schema, { a: 'longer', b: 'y' }, '', { value: { a: 'long', b: 'y' } })).toHaveLength(1)
})

test('unknown fields go, nulls give way to defaults', () => {
  const schema = {
    type: 'object',
    properties: { size: { type: 'integer', default: 3 }, name: { type: 'string', nullable: true } },
  }
  const value = { size: null, name: null, nope: 1 }
  expect(prune(schema, value)).toEqual(['nope'])
  dropNulls(schema, value)
  applyDefaults(schema, value)
  expect(value).toEqual({ size: 3, name: null })
})

test('a rule that compares is asked on updates only', () => {
  const schema = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'only up' }] }
  const programs = new CelPrograms()
  expect(checkRules(schema, 1, 'spec.up', programs)).toEqual([])
  expect(checkRules(schema, 1, 'spec.up', programs, { value: 2 })).toEqual([
    { reason: 'FieldValueInvalid', field: 'spec.up', message: 'Invalid value: 1: only up' },
  ])
})
