import { apiVersionOf } from '../decode-object.ts'
import type { Resource, ResourceTable, Subresource } from '../resource.ts'
import { orderedBy } from '../../lang/order.ts'

const clients = (server: string): unknown => [{ clientCIDR: '0.0.0.0/0', serverAddress: server }]

interface Version {
  readonly groupVersion: string
  readonly version: string
}

function versionsOf(table: ResourceTable, group: string): Version[] {
  const versions = [
    ...new Set(
      table
        .all()
        .filter((row) => row.group === group)
        .map((row) => row.version),
    ),
  ]
  versions.sort((a, b) => rank(b) - rank(a))
  return versions.map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }))
}

/** Stable versions first, higher ones before lower ones, as clients prefer them. */
function rank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!match) return -1
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0
  return stage * 1e6 + Number(match[1]) * 1e3 + Number(match[3] ?? 0)
}

/** `/api`. */
export function legacyVersions(server: string): unknown {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: clients(server) }
}

function groupBody(table: ResourceTable, group: string): Record<string, unknown> {
  const versions = versionsOf(table, group)
  return { name: group, versions, preferredVersion: versions[0] }
}

/** `/apis`. */
export function groupList(table: ResourceTable): unknown {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: table
      .groups()
      .filter((group) => group !== '')
      .map((group) => groupBody(table, group)),
  }
}

/** `/apis/{group}`; undefined where there is no such group. */
export function groupOf(table: ResourceTable, group: string): unknown {
  return table.groups().includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(table, group) } : undefined
}

/** `/api/v1`, `/apis/{group}/{version}`; undefined where nothing is served. */
export function resourceList(table: ResourceTable, group: string, version: string): unknown {
  const rows = table.all().filter((row) => row.group === group && row.version === version)
  if (rows.length === 0) return undefined
  const ordered = [...rows].sort(orderedBy((one) => one.plural))
  const resources = ordered.flatMap((row) => [legacy(row), ...row.subresources.map((sub) => legacySub(row, sub))])
  // Of custom resources the status comes first, of others what comes first in the alphabet.
  if (!rows.every((row) => row.custom)) resources.sort(orderedBy((one) => one['name'] as string))
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources,
  }
}

function legacy(row: Resource): Record<string, unknown> {
  return {
    name: row.plural,
    singularName: row.singular,
    namespaced: row.namespaced,
    kind: row.kind,
    verbs: verbsOf(row),
    ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
    ...(row.categories.length > 0 ? { categories: row.categories } : {}),
    ...(row.storageVersionHash ? { storageVersionHash: row.storageVersionHash } : {}),
  }
}

const endingVerbs = ['delete', 'deletecollection', 'get', 'list', 'watch']

function verbsOf(row: Resource): readonly string[] {
  return row.ending ? endingVerbs : row.verbs
}

function legacySub(row: Resource, sub: Subresource): Record<string, unknown> {
  return {
    name: `${row.plural}/${sub.name}`,
    singularName: '',
    namespaced: row.namespaced,
    ...(sub.group === undefined ? {} : { group: sub.group }),
    ...(sub.version === undefined ? {} : { version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }
}

/** `/api` and `/apis` in one document each, as kubectl asks for them. */
export function aggregated(table: ResourceTable, core: boolean): unknown {
  const groups = table.groups().filter((group) => (group === '') === core)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versionsOf(table, group).map(({ version }) => ({
        version,
        resources: table
          .all()
          .filter((row) => row.group === group && row.version === version)
          .map(aggregatedRow),
        freshness: 'Current',
      })),
    })),
  }
}

function aggregatedRow(row: Resource): unknown {
  const own = row.custom ? { group: row.group, version: row.version } : { group: '', version: '' }
  return {
    resource: row.plural,
    responseKind: { ...own, kind: row.kind },
    scope: row.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: row.singular,
    verbs: verbsOf(row),
    ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
    ...(row.categories.length > 0 ? { categories: row.categories } : {}),
    ...(row.subresources.length > 0
      ? {
          subresources: row.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group ?? own.group, version: sub.version ?? own.version, kind: sub.kind },
            ...(sub.acceptedTypes ? { acceptedTypes: sub.acceptedTypes } : {}),
            verbs: sub.verbs,
          })),
        }
      : {}),
  }
}
