import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { imagesOf } from '@flotilla/shared/engine/tasks'
import { ownerOf } from '@flotilla/shared/engine/tracking'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { HealthStatus } from '@flotilla/shared/argo/application'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { pathOf, type Cluster } from '../cluster/client.ts'
import type { Live } from '../live/live.ts'
import type { Observation } from '../sync/observe.ts'

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

/** Argo CD's resource tree: what the application owns, and what that owns, down to pods. */
export async function treeOf(seen: Observation, context: TreeContext): Promise<unknown> {
  const health = context.health(seen.settings)
  const roots = seen.comparison.resources
  const children = await childrenIn(seen, context)
  const nodes: unknown[] = []
  const queue = roots.flatMap(({ live, key, version }) => {
    if (live) return [{ object: live, parent: undefined as KubeObject | undefined }]
    nodes.push({ ...refOf(key.group, version, key.kind, key.namespace, key.name), health: { status: 'Missing' } })
    return []
  })
  const visited = new Set<string>()
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { object, parent } = next
    const uid = object.metadata.uid ?? ''
    if (visited.has(uid)) continue
    visited.add(uid)
    nodes.push(nodeOf(object, parent, health(object)))
    for (const child of children.get(uid) ?? []) queue.push({ object: child, parent: object })
  }
  return { nodes }
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

/** Objects by the uid of their owner, in the namespaces of the application. */
async function childrenIn(seen: Observation, { cluster, live }: TreeContext): Promise<Map<string, KubeObject[]>> {
  const namespaces = new Set(seen.comparison.resources.map(({ key }) => key.namespace).filter((name) => name !== ''))
  const kinds = childKinds.flatMap((name) => live.discovery().kinds.get(name) ?? [])
  const children = new Map<string, KubeObject[]>()
  const take = (object: KubeObject) => {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const known = children.get(uid)
      if (known) known.push(object)
      else children.set(uid, [object])
    }
  }
  const list = (kind: KindInfo, namespace: string) => cluster.list(kind, { namespace }, (found) => found.forEach(take))
  await Promise.all([...namespaces].flatMap((namespace) => kinds.map((kind) => list(kind, namespace))))
  return children
}

function nodeOf(object: KubeObject, parent: KubeObject | undefined, health: HealthStatus | undefined): unknown {
  const { group, version, kind } = gvkOf(object)
  const { namespace = '', name = '', uid, resourceVersion, creationTimestamp } = object.metadata
  const images = kind === 'Pod' ? imagesOf(object) : []
  return {
    ...refOf(group, version, kind, namespace, name),
    uid,
    ...(parent && { parentRefs: [parentRef(parent)] }),
    resourceVersion,
    ...(images.length > 0 && { images }),
    ...(health && { health }),
    createdAt: creationTimestamp,
  }
}

function parentRef(parent: KubeObject): unknown {
  const { group, kind } = gvkOf(parent)
  const { namespace = '', name = '', uid } = parent.metadata
  return { ...(group !== '' && { group }), kind, ...(namespace !== '' && { namespace }), name, uid }
}

function refOf(group: string, version: string, kind: string, namespace: string, name: string) {
  return { ...(group !== '' && { group }), version, kind, ...(namespace !== '' && { namespace }), name }
}
