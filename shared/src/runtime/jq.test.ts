import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { createJq, type Jq } from './jq.ts'

let jq: Jq

beforeAll(async () => {
  jq = await createJq()
})

afterAll(() => jq.close())

const object: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'x' },
  spec: { b: { image: '1' }, a: { image: '2' } },
}

test('an expression on which jq breaks down spoils none that comes after it', () => {
  expect(jq.deletePaths('error(null)', object)).toEqual(object)
  expect(jq.deletePaths('.spec', object)).toEqual({ ...object, spec: undefined })
})

test('after hundreds of runs it still says the truth', () => {
  const wrong = Array.from({ length: 320 }, (_, place) => place).filter((place) => {
    let spec: Record<string, unknown> = { place }
    for (let depth = 0; depth < place % 40; depth++) spec = { a: spec, b: [depth] }
    const deep = { ...object, metadata: { name: `x${place}` }, spec }
    return JSON.stringify(jq.deletePaths('.nothing', deep)) !== JSON.stringify(deep)
  })
  expect(wrong).toEqual([])
})

test('fields are met in the order of their names', () => {
  const { spec } = jq.deletePaths('first(.. | .image? | select(.))', object) as unknown as typeof object
  expect(spec).toEqual({ b: { image: '1' }, a: {} })
})

describe('what is wrong with an expression is told in the words of gojq', () => {
  test.each([
    ['.spec[', 'unexpected token ")"'],
    ['.spec]', 'unexpected token "]"'],
    [".spec['a']", 'unexpected token "\'"'],
    ['..spec', 'unexpected token "spec"'],
    ['.spec ?// .x', 'unexpected token "?//"'],
    ['import "a" as a; .', 'unexpected token "import"'],
    ['(.spec', 'unexpected EOF'],
    ['.spec # all of it', 'unexpected EOF'],
    ['nope(.x)', 'function not defined: nope/1'],
    ['.a | debug', 'function not defined: debug/0'],
    ['$x', 'variable not defined: $x'],
    ['$__loc__', 'variable not defined: $__loc__'],
    ['[inputs]', 'input(s)/0 is not allowed'],
    ['break $x', 'label not defined: $x'],
    ['.spec["a]', 'unterminated string literal'],
    ['"\\(.a', 'unexpected EOF'],
    ['"\\x"', 'invalid escape sequence "\\x" in string literal'],
    ['] | "\\x"', 'unexpected token "]"'],
  ])('%s', (expression, error) => {
    expect(() => jq.deletePaths(expression, object)).toThrow(new Error(error))
  })
})

test.each([
  ['skip(1; .spec.b, .spec.a)', { b: { image: '1' } }],
  ['limit(-1; .spec.b)', { a: { image: '2' }, b: { image: '1' } }],
  ['.spec | ltrimstr("x")', { a: { image: '2' }, b: { image: '1' } }],
  ['.spec.a.image | trim', { a: {}, b: { image: '1' } }],
  ['.spec.a.image | trimstr("x")', { a: {}, b: { image: '1' } }],
])('as gojq has it: %s', (expression, spec) => {
  expect(jq.deletePaths(expression, object)['spec']).toEqual(spec)
})
