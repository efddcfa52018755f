import { expect, test } from 'vitest'
import { schemeType } from '../../engine/scheme/types.ts'
import { strategicThreeWay } from './three-way.ts'

/** A Pod by its specification, merged by its type. */
function merged(original: object, config: object, live: object): unknown {
  const type = schemeType('v1', 'Pod')
  if (!type) throw new Error('no type')
  const { spec } = strategicThreeWay({ spec: original }, { spec: config }, { spec: live }, type)
  return spec
}

const cases: readonly (readonly [string, { original?: object; config: object; live: object; is: unknown }])[] = [
  [
    'items that share a key meet from the last to the first',
    {
      config: { containers: [{ name: 'c', ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }] }] },
      live: { containers: [{ name: 'c', ports: [{ containerPort: 53, protocol: 'TCP' }] }] },
      is: { containers: [{ name: 'c', ports: [{ containerPort: 53, protocol: 'UDP' }] }] },
    },
  ],
  [
    'of an item that is there twice the last is taken, for the first',
    {
      config: {
        containers: [
          { name: 'c', image: 'a' },
          { name: 'c', image: 'b' },
        ],
      },
      live: { containers: [{ name: 'c', image: 'x' }] },
      is: { containers: [{ name: 'c', image: 'a' }] },
    },
  ],
  [
    'what only the server has stands where it stood',
    {
      config: { containers: [{ name: 'b' }, { name: 'c' }] },
      live: { containers: [{ name: 'a' }, { name: 'c' }, { name: 'b' }] },
      is: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    },
  ],
  [
    'an item that was applied and is wanted no more goes',
    {
      original: { containers: [{ name: 'a' }, { name: 'b' }] },
      config: { containers: [{ name: 'b' }] },
      live: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
      is: { containers: [{ name: 'b' }, { name: 'c' }] },
    },
  ],
  [
    'a volume changes its source',
    {
      config: { volumes: [{ name: 'v', emptyDir: {} }] },
      live: { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      is: { volumes: [{ name: 'v', emptyDir: {} }] },
    },
  ],
  [
    'what holds a directive that is none of kubectl goes unread',
    { config: { $patch: 'delete', dnsPolicy: 'None' }, live: { dnsPolicy: 'Default' }, is: { dnsPolicy: 'Default' } },
  ],
]

test.each(cases)('%s', (_, { original, config, live, is }) => {
  expect(merged(original ?? config, config, live)).toEqual(is)
})

const mistakes: readonly (readonly [string, object, object, string])[] = [
  [
    'an item without its key',
    { containers: [{ image: 'i' }] },
    { containers: [{ name: 'c' }] },
    'failed to construct thre way merge patch: map: map[image:i] does not contain declared merge key: name',
  ],
  [
    'items of several types',
    { containers: [{ name: 'c' }, 'x'] },
    { containers: [] },
    'failed to construct thre way merge patch: list element types are not identical: [[map[name:c] x] [map[name:c] x]]',
  ],
  [
    'a field that the type lacks, other than it was',
    { nope: { a: 1 } },
    { nope: { a: 2 } },
    'failed to construct thre way merge patch: unable to find api field in struct PodSpec for the json field "nope"',
  ],
]

test.each(mistakes)('%s cannot be merged', (_, config, live, error) => {
  expect(() => merged(config, config, live)).toThrow(new Error(error))
})
