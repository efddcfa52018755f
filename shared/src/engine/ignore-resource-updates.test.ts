import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { updateDamper } from './ignore-resource-updates.ts'

const before: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', resourceVersion: '1', generation: 1 },
  data: { k: 'v', n: '1' },
  status: { seen: 1 },
}

function changed(change: Partial<KubeObject>): KubeObject {
  return { ...before, ...change, metadata: { ...before.metadata, resourceVersion: '2', generation: 2 } }
}

test.each<[string, Record<string, string>, Partial<KubeObject>, boolean]>([
  ['nothing but the version', {}, {}, true],
  ['the status, by default', {}, { status: { seen: 2 } }, true],
  [
    'the status, where comparison looks at it',
    { 'resource.compareoptions': 'ignoreResourceStatusField: none' },
    { status: { seen: 2 } },
    false,
  ],
  ['data', {}, { data: { k: 'v', n: '2' } }, false],
  [
    'data that a rule leaves out',
    { 'resource.customizations.ignoreResourceUpdates.ConfigMap': 'jsonPointers: [/data/n]' },
    { data: { k: 'v', n: '2' } },
    true,
  ],
  [
    'data that comparison ignores',
    { 'resource.customizations.ignoreDifferences.ConfigMap': 'jsonPointers: [/data/n]' },
    { data: { k: 'v', n: '2' } },
    true,
  ],
  ['anything, where damping is off', { 'resource.ignoreResourceUpdatesEnabled': 'false' }, {}, false],
])('an update of %s', (_, settings, change, damped) => {
  expect(updateDamper(settings)(before, changed(change), true)).toBe(damped)
})

test('what is not tracked is damped only where it asks for it', () => {
  const damps = updateDamper({})
  expect(damps(before, changed({}), false)).toBe(false)
  const asking = changed({})
  asking.metadata.annotations = { 'argocd.argoproj.io/ignore-resource-updates': 'true' }
  expect(damps({ ...before, metadata: asking.metadata }, asking, false)).toBe(true)
})
