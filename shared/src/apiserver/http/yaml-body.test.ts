import { describe, expect, it } from 'vitest'
import { readYamlBody } from './yaml-body.ts'

describe('YAML bodies', () => {
  it('end where a second document begins', () => {
    expect(readYamlBody('---\na: 1\n---\nb: 2\n').value).toEqual({ a: 1 })
  })

  it.each([
    ['a: [1, 2', "yaml: line 1: did not find expected ',' or ']'"],
    ['a: 1\n\tb: 2', 'yaml: line 2: found a tab character that violates indentation'],
    ['a:\n\tb: 2', 'yaml: line 2: found character that cannot start any token'],
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['a: "x', 'yaml: found unexpected end of stream'],
    ['a: *b', "yaml: unknown anchor 'b' referenced"],
  ])('that are none: %j', (text, message) => {
    let said = ''
    try {
      readYamlBody(text)
    } catch (error) {
      said = String((error as Error).message)
    }
    // The line of an end that is missing depends on how the text ends.
    expect(said.replace(/line \d+: /, '')).toBe(message.replace(/line \d+: /, ''))
  })

  it.each([
    ['a: 1\nb: 2', 0],
    ['a: 1\na: 2', 1],
    ['a: 1\nb:\n  c: 1\n  c: 2\na: 3\n', 2],
    ['- a: 1\n- a: 2', 0],
  ])('tell of keys said twice: %j', (text, count) => {
    expect(readYamlBody(text).duplicates).toHaveLength(count)
  })
})

it('reads JSON as JSON, and tells what it says twice as for YAML', () => {
  const once = '{"a":{"b":1,"c":[1.0,"x"]}}'
  expect(readYamlBody(once).value).toEqual({ a: { b: 1, c: [1, 'x'] } })
  expect(readYamlBody(once).duplicates).toEqual([])
  expect(readYamlBody('{"a":1,"a":2}').duplicates).toEqual(['line 1: key "a" already set in map'])
})
