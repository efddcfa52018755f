import { expect, test } from 'vitest'
import { applyPatch } from '../../k8s/strategic/apply-patch.ts'
import { builtinType } from './builtin.ts'
import { mergeTypeOf } from './merge-type.ts'

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec })

test('a type of the API merges as its patch strategies say', () => {
  const type = mergeTypeOf(builtinType('io.k8s.api.core.v1.Pod'))
  const live = pod({
    containers: [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  })
  const patch = {
    spec: {
      containers: [
        { name: 'b', image: 'b:2' },
        { name: 'a', $patch: 'delete' },
      ],
      volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }],
    },
  }
  expect(applyPatch(live, patch, type)).toEqual(
    pod({ containers: [{ name: 'b', image: 'b:2' }], volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
  )
})

test('what cannot be merged is told in the words of a server', () => {
  const type = mergeTypeOf(builtinType('io.k8s.api.core.v1.Pod'))
  const merge = (live: object, patch: object) => () =>
    applyPatch(live as Record<string, unknown>, patch as Record<string, unknown>, type)
  expect(merge(pod({ containers: [{ name: 'a' }] }), { spec: { containers: [{ image: 'x' }] } })).toThrow(
    'map: map[image:x] does not contain declared merge key: name',
  )
  expect(merge(pod({ nonsense: {} }), { spec: { nonsense: { a: 1 } } })).toThrow(
    'unable to find api field in struct PodSpec for the json field "nonsense"',
  )
})
