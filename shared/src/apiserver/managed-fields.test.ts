import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { realClock } from '../runtime/clock.ts'
import { seededRandom } from '../runtime/random.ts'
import { createObjects } from './create-objects.ts'
import { resourcesOf } from './crd/resources.ts'
import { builtinStrategies } from './kinds/index.ts'
import { MemoryStore } from './memory-store.ts'
import type { ObjectRef } from './objects.ts'
import type { Resource } from './resource.ts'
import { ResourceTable } from './resource.ts'
import { builtinResources } from './schema/builtin.ts'
import { StatusError } from './status-error.ts'
import { danglingPaths } from './testing/owned-paths.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
/**
 * What empties a map or list that it filled itself must apply twice where emptiness is owned, here as in Kubernetes: the first time
 * removes what was in it and the map or list with it. So maps and lists are said with something in them, or not at all.
 */
const filled = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.filter((value) => Object.keys(value).length > 0)
const pairs = filled(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')))
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 })
const named = <T extends object>(names: string[], rest: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), rest), { selector: ([name]) => name, maxLength: names.length })
    .map((items) => items.map(([name, item]) => ({ name, ...item })))

const metadata = fc.record({ labels: maybe(pairs), annotations: maybe(pairs), finalizers: maybe(some('x/a', 'x/b')) })

interface Kind {
  readonly kind: string
  /** The API versions it is written in: in turn, as the case says. */
  readonly versions: readonly string[]
  readonly resource: string
  readonly rows: () => Resource[]
  /** What a writer says beside the name and the metadata. */
  readonly content: fc.Arbitrary<object>
}

const builtin = (plural: string) => () => builtinResources(builtinStrategies).filter((row) => row.plural === plural)

const container = fc.record(
  {
    image: fc.constantFrom('a:1', 'b:1'),
    env: named(['A', 'B'], fc.record({ value: fc.constantFrom('1', '2') })),
    ports: fc.subarray([
      { containerPort: 80 },
      { containerPort: 80, protocol: 'UDP' },
      { containerPort: 81, name: 'x' },
    ]),
    args: some('-a', '-b'),
    resources: fc.constantFrom({ requests: { cpu: '1000m' } }, { limits: { cpu: 1 } }, {}),
  },
  { requiredKeys: ['image'] },
)

const widget = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', default: 3 },
                  parts: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, weight: { type: 'integer' } },
                    },
                  },
                  tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
                  order: { type: 'array', items: { type: 'string' } },
                  whole: {
                    type: 'object',
                    'x-kubernetes-map-type': 'atomic',
                    additionalProperties: { type: 'string' },
                  },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        },
      },
      {
        name: 'v2',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

const kinds: Kind[] = [
  {
    kind: 'ConfigMap',
    versions: ['v1'],
    resource: 'configmaps',
    rows: builtin('configmaps'),
    content: fc.record({ data: pairs, binaryData: maybe(fc.constant({ x: 'AA==' })) }, { requiredKeys: [] }),
  },
  {
    kind: 'Deployment',
    versions: ['apps/v1'],
    resource: 'deployments',
    rows: builtin('deployments'),
    content: fc
      .record({
        replicas: maybe(fc.integer({ min: 0, max: 3 })),
        containers: named(['one', 'two'], container),
        annotations: maybe(pairs),
      })
      .map(({ replicas, containers, annotations }) => ({
        spec: {
          replicas,
          selector: { matchLabels: { app: 'x' } },
          template: { metadata: { labels: { app: 'x' }, annotations }, spec: { containers } },
        },
      })),
  },
  {
    kind: 'Service',
    versions: ['v1'],
    resource: 'services',
    rows: builtin('services'),
    content: fc
      .record(
        {
          ports: named(['web', 'dns', 'x'], fc.record({ targetPort: fc.constantFrom<number | string>(80, 'http') })),
          selector: pairs,
          sessionAffinity: fc.constant('None'),
          externalIPs: some('192.0.2.1', '192.0.2.2'),
        },
        { requiredKeys: ['ports'] },
      )
      .map(({ ports, ...spec }) => ({
        spec: { ...spec, ports: ports.map((port, index) => ({ ...port, port: 80 + index })) },
      })),
  },
  {
    kind: 'HorizontalPodAutoscaler',
    versions: ['autoscaling/v2', 'autoscaling/v1'],
    resource: 'horizontalpodautoscalers',
    rows: builtin('horizontalpodautoscalers'),
    content: fc
      .record({ minReplicas: maybe(fc.constantFrom(1, 2)), maxReplicas: fc.constantFrom(3, 4) })
      .map((spec) => ({ spec: { ...spec, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } })),
  },
  {
    kind: 'Widget',
    versions: ['example.com/v1', 'example.com/v2'],
    resource: 'widgets',
    rows: () => resourcesOf(widget),
    content: fc
      .record(
        {
          size: fc.integer({ min: 1, max: 3 }),
          parts: filled(
            named(['one', 'two'], fc.record({ weight: fc.integer({ min: 1, max: 2 }) }, { requiredKeys: [] })),
          ),
          tags: some('a', 'b', 'c'),
          order: some('a', 'b'),
          whole: pairs,
          free: filled(fc.record({ a: pairs, b: some('x', 'y') }, { requiredKeys: [] })),
        },
        { requiredKeys: [] },
      )
      .map((spec) => (Object.keys(spec).length > 0 ? { spec } : {})),
  },
]

const step = fc.record({
  verb: fc.constantFrom('apply' as const, 'apply' as const, 'update' as const, 'merge' as const),
  manager: fc.constantFrom('one', 'two', 'three'),
  version: fc.nat(1),
  metadata,
  force: fc.boolean(),
})

function open(rows: Resource[]) {
  return createObjects({
    store: new MemoryStore(),
    resources: new ResourceTable(rows),
    clock: realClock,
    random: seededRandom(1),
    hooks: {},
  })
}

/** An object as JSON carries it: without what is undefined. */
const plain = (object: unknown): KubeObject => JSON.parse(JSON.stringify(object)) as KubeObject

describe.each(kinds)('managedFields of $kind', ({ kind, versions, resource, rows, content }) => {
  const table = rows()

  it('name what is there, and a second apply changes nothing', async () => {
    const steps = fc.array(fc.tuple(step, content), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const objects = open(table)
        for (const [{ verb, manager: fieldManager, version, metadata, force }, said] of taken) {
          const apiVersion = versions[version % versions.length] ?? ''
          const [group, name] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
          const ref: ObjectRef = { group: group ?? '', version: name ?? '', resource, namespace: 'a', name: 'x' }
          const body = plain({ apiVersion, kind, metadata: { name: 'x', ...metadata }, ...said })
          const apply = () => objects.patch(ref, body, { type: 'apply', fieldManager, force })
          try {
            if (verb === 'update') await objects.update(ref, body, { fieldManager })
            else if (verb === 'merge') await objects.patch(ref, body, { type: 'merge', fieldManager })
            else {
              const first = await apply()
              expect((await apply()).metadata).toEqual(first.metadata)
            }
          } catch (error) {
            // A conflict, nothing there yet, or a mix that is not valid: refused whole.
            if (!(error instanceof StatusError) || ![404, 409, 422].includes(error.code)) throw error
            continue
          }
          for (const other of versions) {
            const [otherGroup, otherName] = other.includes('/') ? other.split('/') : ['', other]
            const live = await objects.get({ ...ref, group: otherGroup ?? '', version: otherName ?? '' })
            for (const entry of live.metadata.managedFields ?? [])
              if (entry.apiVersion === other) expect(danglingPaths(entry.fieldsV1, live)).toEqual([])
          }
        }
      }),
      // Always the same mixes: in very few, who owns a map that became empty keeps it after its item has gone, as on a real API server.
      { numRuns: 60, seed: 1 },
    )
  })
})
