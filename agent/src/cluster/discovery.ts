import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { Cluster } from './client.ts'

/** What a cluster serves. */
export interface Discovery {
  /** By `group/kind`, each in its preferred version. */
  readonly kinds: ReadonlyMap<string, KindInfo>
  /** Every `group/version` served. */
  readonly versions: ReadonlySet<string>
  /** Group versions that could not be asked (an aggregated API is down): kinds may be missing. */
  readonly stale: readonly string[]
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/** Asks what kinds there are: two requests where the server knows aggregated discovery. */
export async function discover(cluster: Cluster): Promise<Discovery> {
  const [core, groups] = await Promise.all(
    ['/api', '/apis'].map(async (path) => {
      const answer = await cluster.request({ method: 'GET', path, accept: aggregated })
      return JSON.parse(answer.text) as DiscoveryDocument
    }),
  )
  const kinds = new Map<string, KindInfo>()
  const versions = new Set<string>()
  const stale: string[] = []
  for (const document of [core, groups]) {
    if (!document) continue
    if (document.kind === 'APIGroupDiscoveryList') readAggregated(document, kinds, versions, stale)
    else await readLegacy(cluster, document, kinds, versions, stale)
  }
  return { kinds, versions, stale }
}

function readAggregated(
  document: DiscoveryDocument,
  kinds: Map<string, KindInfo>,
  versions: Set<string>,
  stale: string[],
): void {
  for (const item of document.items ?? []) {
    const group = item.metadata?.name ?? ''
    for (const { version, resources, freshness } of item.versions ?? []) {
      const name = group === '' ? version : `${group}/${version}`
      versions.add(name)
      if (freshness === 'Stale') stale.push(name)
      for (const resource of resources ?? []) {
        const kind = resource.responseKind?.kind
        if (!kind) continue
        add(kinds, {
          group,
          version,
          kind,
          resource: resource.resource,
          namespaced: resource.scope === 'Namespaced',
          verbs: resource.verbs ?? [],
        })
      }
    }
  }
}

async function readLegacy(
  cluster: Cluster,
  document: DiscoveryDocument,
  kinds: Map<string, KindInfo>,
  versions: Set<string>,
  stale: string[],
): Promise<void> {
  const names = [
    ...(Array.isArray(document.versions) ? document.versions : []),
    ...(document.groups ?? []).flatMap(({ preferredVersion, versions: all }) => [
      ...(preferredVersion ? [preferredVersion.groupVersion] : []),
      ...(all ?? []).map(({ groupVersion }) => groupVersion).filter((name) => name !== preferredVersion?.groupVersion),
    ]),
  ]
  for (const name of names) {
    versions.add(name)
    const [group = '', version = ''] = name.includes('/') ? name.split('/') : ['', name]
    try {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
      const list = JSON.parse((await cluster.request({ method: 'GET', path })).text) as LegacyList
      for (const { name: resource, kind, namespaced, verbs } of list.resources ?? []) {
        if (!resource.includes('/')) add(kinds, { group, version, kind, resource, namespaced, verbs: verbs ?? [] })
      }
    } catch {
      stale.push(name)
    }
  }
}

/** Versions come most preferred first. */
function add(kinds: Map<string, KindInfo>, info: KindInfo): void {
  const key = `${info.group}/${info.kind}`
  if (!kinds.has(key)) kinds.set(key, info)
}

interface DiscoveryDocument {
  readonly kind?: string
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string }
    readonly versions?: readonly {
      readonly version: string
      readonly freshness?: string
      readonly resources?: readonly {
        readonly resource: string
        readonly responseKind?: { readonly kind?: string }
        readonly scope?: string
        readonly verbs?: readonly string[]
      }[]
    }[]
  }[]
  readonly versions?: readonly string[]
  readonly groups?: readonly {
    readonly preferredVersion?: { readonly groupVersion: string }
    readonly versions?: readonly { readonly groupVersion: string }[]
  }[]
}

interface LegacyList {
  readonly resources?: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
    readonly verbs?: readonly string[]
  }[]
}
