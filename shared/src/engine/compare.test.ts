import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import { compare } from './compare.ts'
import { compareCache, type CompareInput, type KindInfo } from './compare-types.ts'
import { differ } from './diff.ts'
import { normalize } from './normalize.ts'

const settings: SyncSettings = {
  instance: 'app',
  project: 'default',
  destination: { namespace: 'ns' },
  sources: [],
  multiSource: false,
  sourceTypes: [],
  annotations: {},
  trackingMethod: 'annotation',
  instanceLabelKey: 'app.kubernetes.io/instance',
  argocdCm: {},
  projectSpec: {},
}
const kinds: ReadonlyMap<string, KindInfo> = new Map([
  [
    '/ConfigMap',
    { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: ['list'] },
  ],
])
const trackingId = 'argocd.argoproj.io/tracking-id'

function configMap(name: string, data: Record<string, string>, annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'ns', ...(annotations ? { annotations } : {}) },
    data,
  }
}

function live(name: string, data: Record<string, string> = {}, more: Record<string, string> = {}): KubeObject {
  return configMap(name, data, { [trackingId]: `app:/ConfigMap:ns/${name}`, ...more })
}

function run(input: Partial<CompareInput>): ReturnType<typeof compare> {
  return compare({ settings, kinds, manifests: [], live: [], ...input })
}

test('what the settings exclude is not taken for something to prune, though it is still there', () => {
  const argocdCm = { 'resource.exclusions': '- {apiGroups: [""], kinds: [ConfigMap]}' }
  const result = run({ settings: { ...settings, argocdCm }, manifests: [configMap('a', {})], live: [live('a')] })
  expect(result.sync).toBe('Synced')
  expect(result.resources).toEqual([])
})

test('a hook that is there is listed, though nothing marks it', () => {
  const hook = configMap('h', {}, { 'argocd.argoproj.io/hook': 'PreSync' })
  const result = run({ manifests: [hook], live: [hook] })
  expect(result.sync).toBe('Synced')
  expect(result.resources.map(({ row }) => row)).toEqual([
    { version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'h', hook: true, requiresPruning: true },
  ])
})

test('rules that cannot be read leave everything Unknown, and say why', () => {
  const ignoreDifferences = [{ group: '', kind: 'ConfigMap', jqPathExpressions: ['.data['] }]
  const deletePaths = () => {
    throw new Error('unexpected token "["')
  }
  const manifests = [configMap('a', {})]
  const result = run({ settings: { ...settings, ignoreDifferences }, manifests, live: [live('a')], deletePaths })
  expect(result).toMatchObject({ sync: 'Unknown', undiffed: true })
  expect(result.resources.map(({ row }) => row.status)).toEqual(['Unknown'])
  const message =
    'Failed to compare desired state to live state: failed to create diff normalizer: unexpected token "["'
  expect(result.conditions).toEqual([{ type: 'ComparisonError', message }])
})

test('an object that cannot be merged leaves everything Unknown, in the words of kubectl', () => {
  const pod = (containers: readonly object[], annotations = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', annotations },
    spec: { containers },
  })
  const there = pod([{ name: 'c' }], { [trackingId]: 'app:/Pod:ns/p' })
  const { sync, conditions } = run({ manifests: [pod([{ image: 'i' }])], live: [there] })
  expect(sync).toBe('Unknown')
  const words = 'failed to calculate diff: failed to construct thre way merge patch: map: map[image:i]'
  const message = `Failed to compare desired state to live state: ${words} does not contain declared merge key: name`
  expect(conditions).toEqual([{ type: 'ComparisonError', message }])
})

describe('an application', () => {
  test('is Synced when everything is as it should be', () => {
    const result = run({ manifests: [configMap('a', { k: 'v' })], live: [live('a', { k: 'v' })] })
    expect(result.sync).toBe('Synced')
    expect(result.resources.map(({ row }) => row)).toEqual([
      { version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a', status: 'Synced' },
    ])
  })

  test('is OutOfSync for what is missing, changed, or extra', () => {
    const result = run({
      manifests: [configMap('missing', {}), configMap('changed', { k: 'v2' })],
      live: [live('changed', { k: 'v1' }), live('extra')],
    })
    expect(result.sync).toBe('OutOfSync')
    expect(result.resources.map(({ row }) => [row.name, row.status, row.requiresPruning ?? false])).toEqual([
      ['missing', 'OutOfSync', false],
      ['changed', 'OutOfSync', false],
      ['extra', 'OutOfSync', true],
    ])
  })

  test('does not mind what is extra and says IgnoreExtraneous', () => {
    const extra = live('extra', {}, { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' })
    expect(run({ live: [extra] }).sync).toBe('Synced')
  })

  test('does not own copies that controllers make of its annotations', () => {
    const copy = configMap('copy', {}, { [trackingId]: 'app:/ConfigMap:ns/a' })
    const [resource] = run({ live: [copy] }).resources
    expect(resource?.row).toEqual({ version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'copy' })
  })

  test('takes the last of an object that comes twice, and says so', () => {
    const result = run({
      manifests: [configMap('a', { k: '1' }), configMap('a', { k: '2' })],
      live: [live('a', { k: '2' })],
    })
    expect(result.sync).toBe('Synced')
    expect(result.conditions).toEqual([
      {
        type: 'RepeatedResourceWarning',
        message: 'Resource /ConfigMap/ns/a appeared 2 times among application resources.',
      },
    ])
  })

  test('is warned of an object that another one owns', () => {
    const shared = configMap('both', {}, { [trackingId]: 'b:/ConfigMap:ns/both' })
    expect(run({ manifests: [configMap('both', {})], live: [shared] }).conditions).toEqual([
      { type: 'SharedResourceWarning', message: 'ConfigMap/both is part of applications argocd/app and b' },
    ])
  })

  test('leaves hooks out of its rows, until they are live', () => {
    const hook = configMap('hook', {}, { 'argocd.argoproj.io/hook': 'PreSync' })
    const result = run({ manifests: [hook] })
    expect([result.sync, result.resources.length, result.hooks.length]).toEqual(['Synced', 0, 1])
    const after = run({ manifests: [hook], live: [live('hook', {}, { 'argocd.argoproj.io/hook': 'PreSync' })] })
    expect(after.resources[0]?.row).toMatchObject({ hook: true, requiresPruning: true })
    expect(after.resources[0]?.row.status).toBeUndefined()
  })

  test('judges a kind that its project forbids as Unknown', () => {
    const forbidden = { ...settings, projectSpec: { namespaceResourceBlacklist: [{ group: '', kind: 'ConfigMap' }] } }
    const [resource] = run({ settings: forbidden, manifests: [configMap('a', {})] }).resources
    expect(resource?.row.status).toBe('Unknown')
  })

  test('is taken over from label tracking without a difference', () => {
    const old: KubeObject = {
      ...configMap('a', {}),
      metadata: { name: 'a', namespace: 'ns', labels: { 'app.kubernetes.io/instance': 'app' } },
    }
    expect(run({ manifests: [configMap('a', {})], live: [old] }).sync).toBe('Synced')
  })

  test('answers the same with and without what is kept', () => {
    const input = { manifests: [configMap('a', { k: '1' })], live: [live('a', { k: '2' })], cache: compareCache() }
    expect(run(input)).toEqual(run({ manifests: input.manifests, live: input.live }))
    expect(run(input)).toEqual(run(input))
  })

  test('answers the same for objects that were read anew, and another for another version', () => {
    const cache = compareCache()
    const digests = ['sha256:1']
    const seen = (value: string, resourceVersion: string) => {
      const object = live('a', { k: value })
      return [{ ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion } }]
    }
    const compared = (value: string, version: string, digest = digests) =>
      run({ manifests: [configMap('a', { k: '1' })], live: seen(value, version), cache, digests: digest }).resources[0]
    const first = compared('2', '5')
    expect(first?.modified).toBe(true)
    expect(compared('2', '5')).toEqual(first)
    expect(compared('1', '6')?.modified).toBe(false)
    expect(compared('2', '7')?.modified).toBe(true)
    expect(compared('1', '7', ['sha256:2'])?.modified).toBe(false)
  })
})

describe('fields owned by server-side apply', () => {
  const managedFields = [
    { manager: 'argocd-controller', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } },
    { manager: 'other', operation: 'Update', fieldsV1: { 'f:data': { 'f:c': {} } } },
  ]

  test('that Git gave up are a difference, those of others are not', () => {
    const object = live('a', { a: '1', b: '2', c: '3' })
    const owned = { ...object, metadata: { ...object.metadata, managedFields } }
    const diff = differ({ settings })
    expect(diff(live('a', { a: '1', b: '2' }), owned).modified).toBe(false)
    const removed = diff(live('a', { a: '1' }), owned)
    expect([removed.modified, removed.predictedLive?.['data']]).toEqual([true, { a: '1', c: '3' }])
  })
})

const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => typeof value === 'object' && value !== null)
const anyKind = fc.constantFrom(
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['apps/v1', 'Deployment'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['example.com/v1', 'Thing'],
)
const objects = fc
  .tuple(anyKind, json, fc.dictionary(fc.string(), fc.string()))
  .map(([[apiVersion = '', kind = ''], spec, data]): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: 'x' },
    spec,
    data,
  }))

test('nothing differs from itself', () => {
  const diff = differ({ settings })
  fc.assert(fc.property(objects, (object) => !diff(object, structuredClone(object)).modified))
})

test('normalising twice is normalising once', () => {
  fc.assert(
    fc.property(objects, (object) => {
      const once = normalize(object)
      expect(normalize(once)).toEqual(once)
    }),
  )
})
