import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { orphansOf, watchesOrphans } from '@flotilla/shared/engine/orphans'
import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { ownerOf } from '@flotilla/shared/engine/tracking'
import { nodeInfo } from '@flotilla/shared/engine/tree/node-info'
import { formatApiVersion, gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import { keyString } from '@flotilla/shared/k8s/ref'
import type { HealthStatus } from '@flotilla/shared/argo/application'
import { orderedBy } from '@flotilla/shared/lang/order'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { pathOf, type Cluster } from '../cluster/client.ts'
import type { Live } from '../live/live.ts'
import { untracked, type Observation } from '../sync/observe.ts'

export interface TreeContext {
  readonly cluster: Cluster
  readonly live: Live
  readonly health: (settings: SyncSettings) => (live: KubeObject) => HealthStatus | undefined
}

/** Kinds that controllers make below others; asked for only when somebody looks at a tree. */
const childKinds: readonly string[] = [
  'apps/ReplicaSet',
  '/Pod',
  'apps/ControllerRevision',
  'batch/Job',
  '/PersistentVolumeClaim',
  '/Endpoints',
  'discovery.k8s.io/EndpointSlice',
]

/** Argo CD's resource tree: what the application owns, and what that owns, down to pods; and what nobody owns. */
export async function treeOf(seen: Observation, context: TreeContext): Promise<unknown> {
  const { settings, comparison } = seen
  const roots = comparison.resources.flatMap(({ live }) => (live ? [live] : []))
  const orphans = await orphansIn(seen, context)
  const { children, inferred } = await childrenIn(seen, [...roots, ...orphans], context)
  const nodes: TreeNode[] = comparison.resources.flatMap(({ live, key, version }) =>
    live ? [] : [{ ...refOf(key.group, version, key.kind, key.namespace, key.name), health: { status: 'Missing' } }],
  )
  const health = context.health(settings)
  const labels = (settings.argocdCm['resource.customLabels'] ?? '').split(',').map((label) => label.trim())
  const visited = new Set<string>()
  const below = (objects: readonly KubeObject[]): TreeNode[] => {
    const found: TreeNode[] = []
    const queue = [...objects]
    for (let object = queue.shift(); object; object = queue.shift()) {
      const uid = object.metadata.uid ?? ''
      if (visited.has(uid)) continue
      visited.add(uid)
      found.push(nodeOf(object, health(object), labels, inferred.get(uid)))
      queue.push(...(children.get(uid) ?? []))
    }
    return found
  }
  nodes.push(...below(roots))
  const orphanedNodes = below(orphans).sort(byFullName)
  nodes.sort(byFullName)
  return { nodes, ...(orphanedNodes.length > 0 && { orphanedNodes }) }
}

/** What tells a node from others; it has more. */
type TreeNode = ReturnType<typeof refOf> & Readonly<Record<string, unknown>>

const byFullName = orderedBy(({ group = '', kind, namespace = '', name }: TreeNode) =>
  keyString({ group, kind, namespace, name }),
)

/** What in the destination namespace nobody tracks, where the project wants to know. */
async function orphansIn(seen: Observation, { cluster, live }: TreeContext): Promise<KubeObject[]> {
  const { settings, comparison } = seen
  const { namespace } = settings.destination
  if (!watchesOrphans(settings) || !namespace) return []
  const wanted = comparison.resources.map(({ key }) => key)
  const known = orphansOf({ settings, orphans: untracked(namespace, wanted, live) })
  const found = await Promise.all(
    known.map(async (one) => {
      const { group, kind } = gvkOf(one)
      const info = live.discovery().kinds.get(`${group}/${kind}`)
      if (!info) return []
      try {
        const path = pathOf(info, { namespace, name: one.metadata.name ?? '' })
        return [JSON.parse((await cluster.request({ method: 'GET', path })).text) as KubeObject]
      } catch {
        return []
      }
    }),
  )
  return found.flat()
}

/** Whether an object is the application's, or made for one that is. */
export async function belongsTo(object: KubeObject, seen: Observation, context: TreeContext): Promise<boolean> {
  let current: KubeObject | undefined = object
  for (let depth = 0; current && depth < 8; depth++) {
    if (ownerOf(current, seen.settings) === seen.settings.instance) return true
    const { uid } = current.metadata
    if (seen.comparison.resources.some(({ live }) => live?.metadata.uid === uid)) return true
    current = await ownerObject(current, context)
  }
  return false
}

async function ownerObject(object: KubeObject, { cluster, live }: TreeContext): Promise<KubeObject | undefined> {
  const owner =
    object.metadata.ownerReferences?.find(({ controller }) => controller) ?? object.metadata.ownerReferences?.[0]
  if (!owner) return undefined
  const { group, kind } = gvkOf(owner)
  const info = live.discovery().kinds.get(`${group}/${kind}`)
  if (!info) return undefined
  const at = { namespace: object.metadata.namespace ?? '', name: owner.name }
  try {
    const answer = await cluster.request({ method: 'GET', path: pathOf(info, at) })
    const found = JSON.parse(answer.text) as KubeObject
    return found.metadata.uid === owner.uid ? found : undefined
  } catch {
    return undefined
  }
}

interface Children {
  /** By the uid of their owner. */
  readonly children: ReadonlyMap<string, readonly KubeObject[]>
  /** Owners of objects that do not name them in the usual place, by the uid of what is owned. */
  readonly inferred: ReadonlyMap<string, Owner>
}

/** What objects own, in the namespaces of the application. */
async function childrenIn(
  { settings }: Observation,
  roots: readonly KubeObject[],
  { cluster, live }: TreeContext,
): Promise<Children> {
  const included = resourceFilter(settings.argocdCm, settings.cluster ?? settings.destination)
  const namespaces = new Set(roots.flatMap(({ metadata }) => metadata.namespace ?? []))
  const all = live.discovery().kinds
  // Nobody can say what a custom resource's controller makes, so everything is looked at.
  const custom = roots.some((root) => isCustom(gvkOf(root).group))
  const kinds = (custom ? [...all.values()] : childKinds.flatMap((name) => all.get(name) ?? [])).filter(
    ({ group, kind, namespaced, verbs }) => namespaced && verbs.includes('list') && included(group, kind),
  )
  const children = new Map<string, KubeObject[]>()
  const inferred = new Map<string, Owner>()
  const claims: KubeObject[] = []
  const take = (object: KubeObject) => {
    const account = accountOf(object)
    if (account) inferred.set(object.metadata.uid ?? '', account)
    for (const { uid } of [...(object.metadata.ownerReferences ?? []), ...(account ? [account] : [])]) {
      const known = children.get(uid)
      if (known) known.push(object)
      else children.set(uid, [object])
    }
    if (object.kind === 'PersistentVolumeClaim') claims.push(object)
  }
  const list = (kind: KindInfo, namespace: string) =>
    cluster
      .list(kind, { namespace }, (found) => {
        const apiVersion = formatApiVersion(kind.group, kind.version)
        for (const object of found) take({ ...object, apiVersion, kind: kind.kind })
      })
      .catch((error: unknown) => {
        if (!custom) throw error
      })
  await Promise.all([...namespaces].flatMap((namespace) => kinds.map((kind) => list(kind, namespace))))
  for (const root of roots) {
    const claimed = claims.filter((claim) => isClaimOf(claim, root) && !claim.metadata.ownerReferences?.length)
    const { uid = '', name = '' } = root.metadata
    if (claimed.length > 0) children.set(uid, [...(children.get(uid) ?? []), ...claimed])
    const owner = { apiVersion: root.apiVersion, kind: root.kind, name, uid }
    for (const claim of claimed) inferred.set(claim.metadata.uid ?? '', owner)
  }
  return { children, inferred }
}

function isCustom(group: string): boolean {
  return group.includes('.') && !group.endsWith('.k8s.io')
}

type Owner = Pick<OwnerReference, 'apiVersion' | 'kind' | 'name' | 'uid'>

/** The ServiceAccount that a token belongs to, which says so in annotations. */
function accountOf({ kind, metadata, type }: KubeObject & { readonly type?: unknown }): Owner | undefined {
  const uid = metadata.annotations?.['kubernetes.io/service-account.uid']
  const name = metadata.annotations?.['kubernetes.io/service-account.name']
  const isToken = kind === 'Secret' && type === 'kubernetes.io/service-account-token'
  return isToken && uid && name ? { apiVersion: 'v1', kind: 'ServiceAccount', name, uid } : undefined
}

/** Whether a claim was made from one of a StatefulSet's templates. */
function isClaimOf({ metadata }: KubeObject, set: KubeObject): boolean {
  if (set.kind !== 'StatefulSet' || metadata.namespace !== set.metadata.namespace) return false
  const templates = (set['spec'] as { volumeClaimTemplates?: KubeObject[] } | undefined)?.volumeClaimTemplates ?? []
  return templates.some((template) => {
    const prefix = `${template.metadata.name ?? ''}-${set.metadata.name ?? ''}-`
    return metadata.name?.startsWith(prefix) && /^\d+$/.test(metadata.name.slice(prefix.length))
  })
}

function nodeOf(
  object: KubeObject,
  health: HealthStatus | undefined,
  labels: readonly string[],
  inferred: Owner | undefined,
): TreeNode {
  const { group, version, kind } = gvkOf(object)
  const { namespace = '', name = '', uid, resourceVersion, creationTimestamp, ownerReferences = [] } = object.metadata
  const { info, networkingInfo, images } = nodeInfo(object, labels)
  const owners = inferred ? [...ownerReferences, inferred] : ownerReferences
  return {
    ...refOf(group, version, kind, namespace, name),
    uid,
    ...(owners.length > 0 && { parentRefs: owners.map((owner) => parentRef(owner, namespace)) }),
    ...(info.length > 0 && { info }),
    ...(networkingInfo && { networkingInfo }),
    resourceVersion,
    ...(images.length > 0 && { images }),
    ...(health && { health }),
    createdAt: creationTimestamp,
  }
}

function parentRef(owner: Owner, namespace: string): unknown {
  const { group, version } = gvkOf(owner)
  return { ...refOf(group, version, owner.kind, namespace, owner.name), uid: owner.uid }
}

function refOf(group: string, version: string, kind: string, namespace: string, name: string) {
  return { ...(group !== '' && { group }), version, kind, ...(namespace !== '' && { namespace }), name }
}
