import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { differ, type DiffSettings } from './diff.ts'
import { differsPlainly } from './plain-difference.ts'
import { isUpheld } from './upheld.ts'

const settings = {
  annotations: {},
  argocdCm: {},
  instanceLabelKey: 'app.kubernetes.io/instance',
  trackingMethod: 'annotation',
} as unknown as DiffSettings['settings']

const target = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: {
    replicas: 0,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            args: ['-v'],
            env: [{ name: 'A', value: '1' }],
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '100m' } },
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
} as unknown as KubeObject

const owned = {
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:strategy': { 'f:type': {} },
    'f:template': {
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:args': {},
            'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
            'f:image': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            'f:resources': { 'f:limits': { 'f:cpu': {} } },
          },
        },
        'f:volumes': { 'k:{"name":"data"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
      },
    },
  },
}

/** As the API server keeps it. */
function live(): KubeObject {
  const object = structuredClone(target) as KubeObject & { spec: Record<string, unknown> }
  object.metadata.uid = 'u'
  object.metadata.managedFields = [
    { manager: 'argocd-controller', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: owned },
  ] as never
  object.spec['progressDeadlineSeconds'] = 600
  const template = object.spec['template'] as {
    spec: { containers: Record<string, unknown>[]; restartPolicy?: string }
  }
  template.spec.restartPolicy = 'Always'
  const [container = {}] = template.spec.containers
  container['imagePullPolicy'] = 'IfNotPresent'
  container['ports'] = [{ containerPort: 80, protocol: 'TCP' }]
  return object
}

/** Says it without the short way. */
function properly(wanted: KubeObject, there: KubeObject): boolean {
  const nothing = { group: '*', kind: '*', jsonPointers: ['/nothing'] }
  return differ({ settings: { ...settings, ignoreDifferences: [nothing] } })(wanted, there).modified
}

/** What no server writes may be refused in any way. */
function seenUpheld(wanted: KubeObject, there: KubeObject): boolean {
  try {
    return isUpheld(wanted, there)
  } catch {
    return false
  }
}

/** Every place in a value, as a way to change it there. */
function places(value: unknown): ((change: (holder: Record<string, unknown>, key: string) => void) => void)[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [
    (change: (holder: Record<string, unknown>, key: string) => void) => change(holder, key),
    ...places(holder[key]),
  ])
}

const changes: Record<string, (holder: Record<string, unknown>, key: string) => void> = {
  'is gone': (holder, key) => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
  'is another': (holder, key) => (holder[key] = typeof holder[key] === 'number' ? 7 : 'another'),
  'is empty': (holder, key) =>
    (holder[key] = typeof holder[key] === 'string' ? '' : Array.isArray(holder[key]) ? [] : {}),
  'is null': (holder, key) => (holder[key] = null),
  'is said otherwise': (holder, key) => (holder[key] = key === 'cpu' ? '0.1' : holder[key]),
  'has more': (holder) => (Array.isArray(holder) ? holder.push(structuredClone(holder[0])) : (holder['more'] = 'x')),
  'has a protocol': (holder) => (holder['protocol'] = 'UDP'),
}

test('what a server made of what is wanted is seen to be upheld', () => {
  expect(isUpheld(target, live())).toBe(true)
  expect(differ({ settings })(target, live()).modified).toBe(false)
})

test.each(Object.entries(changes))('never says more than a merge does, where something %s', (_, change) => {
  for (let side = 0; side < 2; side++) {
    const count = places([target, live()][side]).length
    for (let place = 0; place < count; place++) {
      const pair = [structuredClone(target), live()] as const
      places(pair[side])[place]?.(change)
      const [wanted, there] = pair
      if (seenUpheld(wanted, there)) expect([properly(wanted, there), wanted, there]).toEqual([false, wanted, there])
      if (differsPlainly(wanted, there)) expect([properly(wanted, there), wanted, there]).toEqual([true, wanted, there])
    }
  }
})

test('another image is plainly a difference, another way to say the same is not', () => {
  const [wanted, same] = [structuredClone(target), structuredClone(target)]
  const containers = (object: KubeObject) =>
    (object as unknown as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } }).spec.template
      .spec.containers
  Object.assign(containers(wanted)[0] ?? {}, { image: 'web:2' })
  Object.assign(containers(same)[0] ?? {}, { resources: { limits: { cpu: '0.1' } } })
  expect([differsPlainly(wanted, live()), differ({ settings })(wanted, live()).modified]).toEqual([true, true])
  expect(differsPlainly(same, live())).toBe(false)
})

test('a field that is no longer wanted, but was applied, is a difference', () => {
  const wanted = structuredClone(target) as KubeObject & { spec: Record<string, unknown> }
  delete wanted.spec['replicas']
  expect(isUpheld(wanted, live())).toBe(false)
})
