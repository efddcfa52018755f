import { expect, test } from 'vitest'
import { partial } from './present.ts'

test.each([
  [{ 'deprecated.daemonset.template.generation': '2' }, undefined],
  [{ 'deprecated.daemonset.template.generation': '2', mine: 'x' }, { mine: 'x' }],
  [{ mine: 'x' }, { mine: 'x' }],
])('the metadata of a DaemonSet alone does not show how often its template changed', (annotations, shown) => {
  const set = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'd', annotations } }
  expect(partial(set).metadata.annotations).toEqual(shown)
  expect(set.metadata.annotations).toBe(annotations)
})
