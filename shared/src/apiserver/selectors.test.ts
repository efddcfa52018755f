import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import type { Stored } from './object-store.ts'
import type { Resource } from './resource.ts'
import { builtinResources } from './schema/builtin.ts'
import { keptMatcher, matcherOf } from './selectors.ts'

const rows = builtinResources()
const row = (plural: string, group = ''): Resource => {
  const found = rows.find((each) => each.plural === plural && each.group === group)
  if (!found) throw new Error(plural)
  return found
}
const object = (content: object): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, ...content })

describe('field selectors', () => {
  it.each([
    ['pods', '', 'spec.host=n', { spec: { nodeName: 'n' } }, true],
    ['pods', '', 'spec.hostNetwork=false', { spec: {} }, true],
    ['pods', '', 'status.phase!=Running', { status: { phase: 'Pending' } }, true],
    ['events', '', 'source=kubelet', { reportingComponent: 'kubelet' }, true],
    ['events', 'events.k8s.io', 'regarding.name=a', { regarding: { name: 'b' } }, false],
    ['jobs', 'batch', 'status.successful=2', { status: { succeeded: 2 } }, true],
    ['nodes', '', 'spec.unschedulable=false', { spec: {} }, true],
    ['persistentvolumes', '', 'metadata.namespace=a', {}, false],
    ['configmaps', '', 'metadata.name==x', {}, true],
  ])('of %s.%s: %s', (plural, group, fieldSelector, content, expected) => {
    expect(matcherOf(row(plural, group), { fieldSelector })?.(object(content))).toBe(expected)
  })

  it('by name do not read objects of other names', () => {
    const kept = (name: string): Stored => ({
      key: { resource: 'configmaps', namespace: 'a', name },
      revision: '1',
      get object(): KubeObject {
        if (name !== 'x') throw new Error(`${name} is read`)
        return object({})
      },
    })
    const matches = keptMatcher(row('configmaps'), { fieldSelector: 'metadata.name=x' })
    expect(['x', 'y'].map((name) => matches?.(kept(name)))).toEqual([true, false])
    const others = keptMatcher(row('configmaps'), { fieldSelector: 'metadata.name!=x' })
    expect(others?.(kept('x'))).toBe(false)
    expect(() => others?.(kept('y'))).toThrow('y is read')
  })

  it.each([
    ['nodes', '', 'metadata.namespace=a', 'field label not supported: metadata.namespace'],
    ['events', 'events.k8s.io', 'metadata.name=a', 'field label not supported: metadata.name'],
    ['jobs', 'batch', 'status.phase=a', 'field label "status.phase" not supported for Job'],
    [
      'replicasets',
      'apps',
      'status.replicas=1',
      '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('refuse of %s.%s: %s', (plural, group, fieldSelector, message) => {
    expect(() => matcherOf(row(plural, group), { fieldSelector })).toThrow(message)
  })
})
