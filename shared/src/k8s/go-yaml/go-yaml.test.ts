import { describe, expect, test } from 'vitest'
import { goDecodeError } from './decode.ts'
import { goYamlProblem } from './problem.ts'

// What Go's parser says, as it was asked.
describe('the words of Go for broken YAML', () => {
  test.each([
    ['a: 1\n b: 2', 'line 2: mapping values are not allowed in this context'],
    ['apiVersion: v1\nkind: ConfigMap\n  metadata: [broken', 'line 3: mapping values are not allowed in this context'],
    ['a: b: c', 'mapping values are not allowed in this context'],
    ['a:\n\tb: 1', 'line 2: found character that cannot start any token'],
    ['a: @x', 'found character that cannot start any token'],
    ['a: `x', 'found character that cannot start any token'],
    ['a: [1\nb: 2', "line 1: did not find expected ',' or ']'"],
    ['a: {b: 1', "line 1: did not find expected ',' or '}'"],
    ['a: "x', 'found unexpected end of stream'],
    ['a: 1\nb: "x\n', 'line 3: found unexpected end of stream'],
    ['a: *x', "unknown anchor 'x' referenced"],
    ['- a\nb: 1', "line 1: did not find expected '-' indicator"],
    ['x:\n  - a: 1\n   b: 2\n', "line 2: did not find expected '-' indicator"],
    ['a: 1\nb\nc: 2', "line 3: could not find expected ':'"],
    ['a: |x\n foo', 'did not find expected comment or line break'],
    ['a: |\n\tfoo', 'line 2: found a tab character where an indentation space is expected'],
    ['a: "\\q"', 'found unknown escape character'],
    ['key: - a', 'block sequence entries are not allowed in this context'],
    ['%foo\n---\na: 1', 'found unknown directive name'],
    ['%TAG ! x\na: 1', 'line 1: did not find expected <document start>'],
    ['a: !x!y 1', 'found undefined tag handle'],
    ['[? ', 'line 1: did not find expected node content'],
  ])('%j', (text, problem) => {
    expect(goYamlProblem(text)).toBe(problem)
  })

  test.each(['a: 1', '? a', 'a: &x 1\nb: *x', '- [a, {b: c}]\n- |\n  x\n- >-\n  y', "\"a\": 'it''s'", '', '# nothing'])(
    'nothing is wrong with %j',
    (text) => {
      expect(goYamlProblem(text)).toBeUndefined()
    },
  )
})

describe('streams', () => {
  test.each([
    ['a: 1\n---\nb: [', 'error converting YAML to JSON: yaml: line 1: did not find expected node content'],
    ['--- x\na: 1', 'invalid Yaml document separator: x'],
    ['{"kind": ', 'unexpected EOF'],
    ['{"kind": "a" "b"}', `json: offset 14: invalid character '"' after object key:value pair`],
    ['{"a": 1}\n{"b": 2}', undefined],
  ])('%j', (text, error) => {
    expect(goDecodeError(text)).toBe(error)
  })
})
