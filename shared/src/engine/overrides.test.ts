import { describe, expect, test } from 'vitest'
import { compareOptions, resourceOverrides } from './overrides.ts'

const split = 'resource.customizations.ignoreDifferences'

test('rules of argocd-cm by kind: a key of its own replaces what the map says of the same', () => {
  const overrides = resourceOverrides({
    'resource.customizations': 'apps/Deployment:\n  ignoreDifferences: |\n    JSONPointers: [/a]\n',
    [`${split}.apps_Deployment`]: 'jsonPointers:\n- /b\n- 1\n- null\n',
    [`${split}.all`]: '# nothing\n',
  })
  expect([...overrides.keys()]).toEqual(['apps/Deployment', '*/*'])
  expect(overrides.get('apps/Deployment')?.ignoreDifferences?.jsonPointers).toEqual(['/b', '1', ''])
})

const decoding = 'error unmarshaling JSON: while decoding JSON: '
const rule = 'Go struct field OverrideIgnoreDiff.jsonPointers of type'

describe('what cannot be read is told in the words of Argo CD', () => {
  test.each([
    [split, 'jsonPointers: /spec', `${decoding}json: cannot unmarshal string into ${rule} []string`],
    [split, 'jsonPointers: [{a: b}]', `${decoding}json: cannot unmarshal object into ${rule} string`],
    [split, 'text', `${decoding}json: cannot unmarshal string into Go value of type v1alpha1.OverrideIgnoreDiff`],
    [split, 'a: [', 'error converting YAML to JSON: yaml: line 1: did not find expected node content'],
    [
      'resource.customizations.knownTypeFields',
      'a: b',
      `${decoding}json: cannot unmarshal object into Go value of type []v1alpha1.KnownTypeField`,
    ],
    ['resource.customizations.nope', 'x', 'resource customization type nope not supported'],
  ])('%s: %s', (key, text, error) => {
    expect(() => resourceOverrides({ [`${key}.apps_Deployment`]: text })).toThrow(new Error(error))
  })

  test.each([
    ['x', `${decoding}json: cannot unmarshal string into Go value of type map[string]v1alpha1.ResourceOverride`],
    ['a/B: []', `${decoding}json: cannot unmarshal array into Go value of type v1alpha1.rawResourceOverride`],
    [
      'a/B: {ignoreDifferences: 1}',
      `${decoding}json: cannot unmarshal number into Go struct field rawResourceOverride.ignoreDifferences of type string`,
    ],
    [
      'a/B: {ignoreDifferences: "text"}',
      `${decoding}${decoding}json: cannot unmarshal string into Go value of type v1alpha1.OverrideIgnoreDiff`,
    ],
  ])('the map: %s', (text, error) => {
    expect(() => resourceOverrides({ 'resource.customizations': text })).toThrow(new Error(error))
  })

  test.each([
    ['[]', 'json: cannot unmarshal array into Go value of type settings.ArgoCDDiffOptions'],
    [
      'ignoreAggregatedRoles: "true"',
      'json: cannot unmarshal string into Go struct field ArgoCDDiffOptions.ignoreAggregatedRoles of type bool',
    ],
  ])('the options of comparison: %s', (text, error) => {
    const said = `failed to get compare options: ${decoding}${error}`
    expect(() => compareOptions({ 'resource.compareoptions': text })).toThrow(new Error(said))
  })
})

test('off is a word where a word is wanted', () => {
  const text = 'ignoreResourceStatusField: off'
  expect(compareOptions({ 'resource.compareoptions': text }).ignoreResourceStatusField).toBe('false')
})
