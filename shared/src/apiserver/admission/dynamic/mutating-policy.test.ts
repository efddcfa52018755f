import { describe, expect, test } from 'vitest'
import { testApi, type TestApi } from '../testing/api.ts'
import { mutatingPolicies } from './mutating-policy.ts'

const rule = {
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['configmaps', 'deployments'],
}

async function apiWith(...mutations: readonly object[]): Promise<TestApi> {
  const api = await testApi([mutatingPolicies()])
  await addPolicy(api, 'p', mutations)
  return api
}

async function addPolicy(api: TestApi, name: string, mutations: readonly object[], more: object = {}): Promise<void> {
  await api.create('mutatingadmissionpolicies', {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', mutations, ...more },
  })
  await api.create('mutatingadmissionpolicybindings', { metadata: { name }, spec: { policyName: name } })
}

const applied = (expression: string): object => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
})
const patched = (expression: string): object => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
const configMap = (data: object = {}): object => ({ metadata: { name: 'x' }, data })

describe('a mutating policy', () => {
  test('applies a configuration', async () => {
    const api = await apiWith(applied('Object{metadata: Object.metadata{labels: {"by": object.metadata.name}}}'))
    const { metadata } = await api.create('configmaps', configMap())
    expect(metadata.labels).toEqual({ by: 'x' })
    expect(JSON.stringify(metadata.managedFields ?? [])).not.toContain('f:by')
  })

  test('applies JSON patches', async () => {
    const api = await apiWith(
      patched(
        '[JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("a/b"), value: "1"}, JSONPatch{op: "remove", path: "/data/old"}]',
      ),
    )
    const made = await api.create('configmaps', {
      metadata: { name: 'x', annotations: { z: '0' } },
      data: { old: '0', new: '1' },
    })
    expect(made).toMatchObject({ metadata: { annotations: { z: '0', 'a/b': '1' } }, data: { new: '1' } })
  })

  test('adds to keyed lists, and may not replace atomic ones', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'i', args: ['x'] }] },
    }
    const deployment = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
    const containers =
      'Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{initContainers: ['
    const container = 'Object.spec.template.spec.initContainers{name: "mesh", image: "proxy"}'
    const api = await apiWith(applied(`${containers}${container}]}}}}`))
    const made = await api.create('deployments', deployment)
    expect(made).toMatchObject({
      spec: { template: { spec: { initContainers: [{ name: 'mesh' }], containers: [{ name: 'c' }] } } },
    })
    const strict = await apiWith(applied(`${containers}${container.replace('}', ', args: ["y"]}')}]}}}}`))
    expect((await strict.refused('deployments', deployment)).status).toMatchObject({
      code: 403,
      reason: 'Invalid',
      message:
        "policy 'p' with binding 'p' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.initContainers[0].args",
    })
  })

  test('carries out its mutations one after the other', async () => {
    const add = (key: string, value: string): object =>
      patched(`[JSONPatch{op: "add", path: "/data/${key}", value: ${value}}]`)
    const api = await apiWith(add('a', '"1"'), add('b', 'object.data.a + "2"'))
    expect((await api.create('configmaps', configMap({ z: '0' })))['data']).toEqual({ z: '0', a: '1', b: '12' })
  })

  test('runs again where a later one changed the object, if it wants to', async () => {
    const api = await testApi([mutatingPolicies()])
    const count = 'Object{metadata: Object.metadata{annotations: {"keys": string(object.data.size())}}}'
    await addPolicy(api, 'a', [applied(count)], { reinvocationPolicy: 'IfNeeded' })
    await addPolicy(api, 'b', [patched('[JSONPatch{op: "add", path: "/data/more", value: "1"}]')])
    const { metadata } = await api.create('configmaps', configMap({ a: '1' }))
    expect(metadata.annotations).toEqual({ keys: '2' })
  })

  test('that fails refuses, unless failures are ignored', async () => {
    const api = await apiWith(applied('Object{metadata: Object.metadata{labels: {"by": object.data.nothing}}}'))
    expect((await api.refused('configmaps', configMap())).message).toContain(
      "policy 'p' with binding 'p' denied request: expression",
    )
    const lenient = await testApi([mutatingPolicies()])
    await addPolicy(lenient, 'p', [applied('Object{metadata: Object.metadata{labels: {"by": object.data.nothing}}}')], {
      failurePolicy: 'Ignore',
    })
    await lenient.create('configmaps', configMap())
  })
})
