import { expect, test } from 'vitest'
import { builtinResources } from '../schema/builtin.ts'
import { presentList } from './present.ts'

const resource = builtinResources().find(({ group, plural }) => group === '' && plural === 'configmaps')
if (!resource) throw new Error('no ConfigMaps')

test.each([
  ['plain', { items: [] }],
  ['Table', { rows: [] }],
  ['PartialObjectMetadataList', { items: null }],
] as const)('an empty list as %s', (form, expected) => {
  const options = { accepted: { form, version: 'v1', yaml: false }, includeObject: undefined, now: 0 }
  expect(presentList(resource, [], { resourceVersion: '7' }, options)).toMatchObject(expected)
})
