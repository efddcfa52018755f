import { describe, expect, test } from 'vitest'
import { manifestsOfFile, manifestsOfTool } from './manifests.ts'

const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'
const names = (text: string): (string | undefined)[] => manifestsOfFile(text, 'x.yaml').map((one) => one.metadata.name)
const failing = 'Failed to unmarshal "x.yaml": failed to unmarshal manifest: '

describe('a file of manifests', () => {
  test.each([
    ['documents, empty ones among them', `${map}---\n# nothing\n---\nnull\n`, ['a']],
    [
      'a stream of JSON',
      '{"kind": "A", "metadata": {"name": "x"}}\n{"kind": "B", "metadata": {"name": "y"}}',
      ['x', 'y'],
    ],
    ['values of a chart', 'image: {tag: 1 }\n', []],
    ['no file of ours, though something in it is', 'values: 1\n---\nkind: A\n', []],
  ])('%s', (_, text, expected) => {
    expect(names(text)).toEqual(expected)
  })

  test.each([
    [
      'a document beside others lost its kind',
      `${map}---\nb: <x>\na: 1\n`,
      `Object 'Kind' is missing in '{"a":1,"b":"\\u003cx\\u003e"}'`,
    ],
    [
      'it has all the words of one',
      'apiVersion: v1\nkind:\nmetadata: {}\n',
      'Object \'Kind\' is missing in \'{"apiVersion":"v1","kind":null,"metadata":{}}\'',
    ],
    ['a list', `${map}---\n- 1\n`, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('fails where %s', (_, text, why) => {
    expect(() => names(text)).toThrow(`${failing}error unmarshaling JSON: while decoding JSON: ${why}`)
  })

  test.each(['apiVersion: v1\n  kind: A\n', 'apiVersion: v1\n  kind: A\nmetadata: {}\n'])(
    'INV-01: fails where it is no YAML, whatever words it has: %j',
    (text) => {
      expect(() => names(text)).toThrow(
        `${failing}error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context`,
      )
    },
  )
})

describe('a stream of documents is read as Go reads it', () => {
  const of = (text: string): unknown => manifestsOfFile(text, 'x.yaml')
  const a = { apiVersion: 'v1', kind: 'A', metadata: {} }
  const head = 'apiVersion: v1\nkind: A\nmetadata: {}\n'

  test.each([
    ['of what stands between two lines only the first document', `${head}...\nb: 1\n---\n`, [a]],
    ['a directive that no document follows', `${head}%TAG ! tag:x,2000:\n---\n`, [a]],
    ['bytes', `${head}data: !!binary aGk=\n`, [{ ...a, data: 'hi' }]],
    ['a set', `${head}data: !!set {a, b}\n`, [{ ...a, data: { a: null, b: null } }]],
    ['a list of nothing', 'apiVersion: v1\nkind: AList\nitems:\n', []],
    ['what holds items, whatever its kind', `${head}items: [{kind: B}]\n`, [{ kind: 'B', metadata: {} }]],
    [
      'a list within a list',
      'kind: List\nitems: [{kind: List, items: [{kind: B}]}]\n',
      [{ kind: 'List', items: [{ kind: 'B' }], metadata: {} }],
    ],
  ])('%s', (_, text, objects) => {
    expect(of(text)).toEqual(objects)
  })

  const converting = 'failed to unmarshal manifest: error converting YAML to JSON:'
  test.each([
    [`${head}--- {}\n`, 'failed to unmarshal manifest: invalid Yaml document separator: {}'],
    [`${head}n: .inf\n`, `${converting} json: unsupported value: +Inf`],
    [`${head}n: \u0007\n`, `${converting} yaml: control characters are not allowed`],
    [`${head}<<: 1\n`, `${converting} yaml: map merge requires map or sequence of maps as the value`],
    [`${head}---\n%YAML 1.1\n---\n`, `${converting} yaml: line 1: did not find expected <document start>`],
    ['kind: List\nitems: [1]\n', 'items member is not an object: map[string]interface {}'],
  ])('%j cannot be read', (text, why) => {
    expect(() => of(text)).toThrow(why)
  })
})

test('what a tool prints must be manifests', () => {
  expect(() => manifestsOfTool('a: 1')).toThrow(/^failed to unmarshal manifest: .*Object 'Kind' is missing/)
})

test('metadata that are no map are told as Go tells it', () => {
  expect(() => manifestsOfFile('apiVersion: v1\nkind: ConfigMap\nmetadata: text\n', 'x.yaml')).toThrow(
    'failed to get annotations for /v1, Kind=ConfigMap /: .metadata.annotations accessor error: text is of the type string, expected map[string]interface{}',
  )
})
