import { prune } from '@flotilla/shared/apiserver/crd/shape'
import { applicationCrd } from '@flotilla/shared/argo/crds'
import type { Generated } from '../types.ts'

/**
 * An application as Go writes it: fields that there are not are gone, empty texts, lists and maps are left out, a
 * destination is always there.
 */
export function asGoWrites(application: Generated): Generated {
  const { metadata } = application
  const spec = structuredClone(application.spec)
  prune(specSchema, spec, '', false)
  const { destination, ...rest } = spec
  return {
    ...application,
    metadata: withoutEmpty(metadata, ['finalizers', 'labels', 'annotations']),
    spec: { ...(tidied(rest) as typeof rest), destination: (tidied(destination ?? {}) ?? {}) as typeof destination },
  } as Generated
}

const specSchema = schemaOf(applicationCrd, 'spec', 'versions', '0', 'schema', 'openAPIV3Schema', 'properties', 'spec')

function schemaOf(value: unknown, ...path: readonly string[]): Record<string, unknown> {
  return path.reduce((found, step) => (found as Record<string, unknown>)[step], value) as Record<string, unknown>
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
