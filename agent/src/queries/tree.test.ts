import { expect, test } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Observation } from '../sync/observe.ts'
import { treeOf, type TreeContext } from './tree.ts'

const object = (apiVersion: string, kind: string, name: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'n', uid: `${kind}/${name}` },
})

test('a tree is told in the order of groups, kinds and names, whatever is there', async () => {
  const live = [object('apps/v1', 'Deployment', 'a'), object('v1', 'Service', 'b'), object('v1', 'Service', 'a')]
  const resources = [
    ...live.map((each) => ({ live: each, key: {}, version: 'v1' })),
    { key: { group: '', kind: 'ConfigMap', namespace: 'n', name: 'z' }, version: 'v1' },
  ]
  const settings = { destination: {}, projectSpec: {}, argocdCm: {}, annotations: {} }
  const seen = { settings, comparison: { resources } } as unknown as Observation
  const context = {
    health: () => () => undefined,
    live: { discovery: () => ({ kinds: new Map() }) },
  } as unknown as TreeContext
  const { nodes } = (await treeOf(seen, context)) as { nodes: { kind: string; name: string }[] }
  expect(nodes.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
    'ConfigMap/z',
    'Service/a',
    'Service/b',
    'Deployment/a',
  ])
})
