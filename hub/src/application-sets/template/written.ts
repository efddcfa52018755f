import type { Generated } from '../types.ts'

/**
 * An application as Go writes it: empty texts, lists and maps are left out, a destination is always there. Fields that
 * are not known stay: newer versions of Argo CD may know them.
 */
export function asGoWrites(application: Generated): Generated {
  const { metadata, spec } = application
  const { destination, ...rest } = spec
  return {
    ...application,
    metadata: withoutEmpty(metadata, ['finalizers', 'labels', 'annotations']),
    spec: { ...(tidied(rest) as typeof rest), destination: (tidied(destination ?? {}) ?? {}) as typeof destination },
  } as Generated
}

function withoutEmpty<T extends object>(fields: T, names: readonly string[]): T {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !names.includes(name) || !isEmptyList(value)),
  ) as T
}

function isEmptyList(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Fields that are written also when they are empty. */
const always: ReadonlySet<string> = new Set(['project', 'repoURL'])

/** Structs stay, empty as they may be: Go has pointers to them. */
function tidied(value: unknown, name = ''): unknown {
  // What stands in a map of somebody else's making is nobody's to change.
  if (typeof value !== 'object' || value === null || name === 'valuesObject') return value
  if (Array.isArray(value)) return value.map((item: unknown) => tidied(item))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => always.has(key) || !(item === '' || (Array.isArray(item) && item.length === 0)))
      .map(([key, item]) => [key, tidied(item, key)]),
  )
}
