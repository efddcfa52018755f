import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { isObject } from '../lang/json.ts'
import { realClock } from '../runtime/clock.ts'
import { seededRandom } from '../runtime/random.ts'
import { createObjects } from './create-objects.ts'
import { MemoryStore } from './memory-store.ts'
import { ResourceTable } from './resource.ts'
import { builtinResources } from './schema/builtin.ts'
import { StatusError } from './status-error.ts'

const ref = { group: '', version: 'v1', resource: 'configmaps', namespace: 'a', name: 'x' }
const manager = fc.constantFrom('one', 'two', 'three')
const pairs = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'))
const content = fc.record({ data: pairs, labels: pairs, finalizers: fc.uniqueArray(fc.constantFrom('x/a', 'x/b')) })
const step = fc.record({
  kind: fc.constantFrom('apply' as const, 'update' as const, 'merge' as const),
  manager,
  content,
  force: fc.boolean(),
})

type Content = typeof content extends fc.Arbitrary<infer T> ? T : never

function objectOf({ data, labels, finalizers }: Content): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels, finalizers }, data }
}

/** Owned paths that the object does not have. */
function missing(fields: unknown, value: unknown, path = ''): string[] {
  if (!isObject(fields)) return []
  return Object.entries(fields).flatMap(([key, inner]) => {
    if (key === '.') return value === undefined ? [path] : []
    const at = `${path}/${key}`
    if (key.startsWith('v:')) return Array.isArray(value) && value.includes(JSON.parse(key.slice(2))) ? [] : [at]
    const child = isObject(value) ? value[key.slice(2)] : undefined
    // An empty map is owned, though it is not kept.
    return child === undefined && Object.keys(inner as object).length > 0 ? [at] : missing(inner, child, at)
  })
}

it('keeps managedFields true whatever is applied, updated and patched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const objects = createObjects({
        store: new MemoryStore(),
        resources: new ResourceTable(builtinResources().filter((row) => row.plural === 'configmaps')),
        clock: realClock,
        random: seededRandom(1),
        hooks: {},
      })
      await objects.create(ref, objectOf({ data: { a: '1' }, labels: {}, finalizers: [] }), { fieldManager: 'zero' })
      for (const { kind, manager: fieldManager, content: given, force } of steps) {
        const body = objectOf(given)
        const apply = () => objects.patch(ref, body, { type: 'apply', fieldManager, force })
        try {
          if (kind === 'update') await objects.update(ref, body, { fieldManager })
          else if (kind === 'merge') await objects.patch(ref, body, { type: 'merge', fieldManager })
          else {
            const first = await apply()
            expect((await apply()).metadata).toEqual(first.metadata)
          }
        } catch (error) {
          if (!(error instanceof StatusError) || error.code !== 409) throw error
        }
        const live = await objects.get(ref)
        for (const entry of live.metadata.managedFields ?? []) expect(missing(entry.fieldsV1, live)).toEqual([])
      }
    }),
    { numRuns: 60 },
  )
})
