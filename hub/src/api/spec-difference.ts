import { byKey } from '@flotilla/shared/lang/order'

/** How a value of Argo CD's API is made, as far as its comparison shows it. */
export type Shape =
  | 'value'
  | { readonly pointer: true }
  | { readonly map: true }
  | { readonly list: Shape }
  | { readonly struct: readonly (readonly [key: string, name: string, shape: Shape])[] }

const text = (key: string, name = upper(key)) => [key, name, 'value'] as const
const texts = (key: string, name = upper(key)) => [key, name, { list: 'value' }] as const
const structs = (key: string, ...fields: readonly (readonly [string, string, Shape])[]) =>
  [key, upper(key), { list: { struct: fields } }] as const

const restriction = [text('group'), text('kind')]

/** An AppProject's spec; the order of fields is the order in which differences are told. */
export const projectShape: Shape = {
  struct: [
    texts('sourceRepos'),
    structs('destinations', text('server'), text('namespace'), text('name')),
    text('description'),
    structs(
      'roles',
      text('name'),
      text('description'),
      texts('policies'),
      [
        'jwtTokens',
        'JWTTokens',
        { list: { struct: [text('iat', 'IssuedAt'), text('exp', 'ExpiresAt'), text('id', 'ID')] } },
      ],
      texts('groups'),
    ),
    structs('clusterResourceWhitelist', ...restriction, text('name')),
    structs('namespaceResourceBlacklist', ...restriction),
    ['orphanedResources', 'OrphanedResources', { pointer: true }],
    ['syncWindows', 'SyncWindows', { list: { pointer: true } }],
    structs('namespaceResourceWhitelist', ...restriction),
    structs('signatureKeys', text('keyID', 'KeyID')),
    structs('clusterResourceBlacklist', ...restriction, text('name')),
    texts('sourceNamespaces'),
    text('permitOnlyProjectScopedClusters'),
    structs('destinationServiceAccounts', text('server'), text('namespace'), text('defaultServiceAccount')),
    ['sourceIntegrity', 'SourceIntegrity', { pointer: true }],
  ],
}

/** The steps of every path that differs, one after another, as Argo CD tells them. */
export function differentPaths(shape: Shape, before: unknown, after: unknown, path: readonly string[] = []): string[] {
  if (shape === 'value' || 'map' in shape || 'pointer' in shape) return same(before, after) ? [] : [...path]
  if ('list' in shape) {
    const [a, b] = [asList(before), asList(after)]
    const changed = [...missingFrom(a, b), ...missingFrom(b, a)]
    const indexes = [...new Set(changed)]
    return indexes.flatMap((index) => differentPaths(shape.list, a[index], b[index], [...path, String(index)]))
  }
  const [a, b] = [asFields(before), asFields(after)]
  return shape.struct.flatMap(([key, name, field]) => differentPaths(field, a[key], b[key], [...path, name]))
}

/** A refusal to write over what is there, with what differs. */
export function specIsDifferent(entity: string, shape: Shape, before: unknown, after: unknown): string {
  const basic = `existing ${entity} spec is different; use upsert flag to force update`
  const paths = differentPaths(shape, before, after)
  return paths.length > 0 ? `${basic}; difference in keys ${JSON.stringify(paths.join(','))}` : basic
}

function missingFrom(items: readonly unknown[], others: readonly unknown[]): number[] {
  const free = [...others]
  return items.flatMap((item, index) => {
    const hit = free.findIndex((other) => same(item, other))
    if (hit < 0) return [index]
    free.splice(hit, 1)
    return []
  })
}

/** What Go leaves out of JSON and what it writes as nothing are one. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))
}

function ordered(value: unknown): unknown {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return null
  if (Array.isArray(value)) return value.length > 0 ? value.map(ordered) : null
  if (typeof value !== 'object') return value
  const kept = Object.entries(value).flatMap(([key, each]) => {
    const inner = ordered(each)
    return inner === null ? [] : [[key, inner] as const]
  })
  return Object.fromEntries(kept.toSorted(byKey))
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function upper(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1)
}
