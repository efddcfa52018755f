import { expect, test } from 'vitest'
import { duplicateFields } from '../../k8s/duplicate-fields.ts'
import { surplusOf } from './surplus.ts'

const doubled = (text: string): string[] => duplicateFields(text).map((path) => `duplicate field "${path}"`)

test('of JSON, doubled and unknown fields are told as they come', () => {
  const text = '{"a":{"z":1},"list":[{"n":1,"n":2,"q":1}],"b":1,"list":[],"y":1}'
  const surplus = surplusOf(text, 'application/json', doubled(text))
  expect(surplus(['a.z', 'list[0].q', 'y'])).toEqual([
    'unknown field "a.z"',
    'duplicate field "list[0].n"',
    'unknown field "list[0].q"',
    'duplicate field "list"',
    'unknown field "y"',
  ])
})

test('of YAML, first what its parser says, then unknown fields by name', () => {
  const surplus = surplusOf('', 'application/yaml', ['line 7: key "name" already set in map'])
  expect(surplus(['zz', 'metadata.foo', 'list[10].a', 'list[9].b', 'aa'])).toEqual([
    'line 7: key "name" already set in map',
    ...['aa', 'list[9].b', 'list[10].a', 'metadata.foo', 'zz'].map((path) => `unknown field "${path}"`),
  ])
})
