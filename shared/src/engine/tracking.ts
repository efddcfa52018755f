import { annotation } from '../argo/annotations.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject, ObjectMeta } from '../k8s/object.ts'
import type { ResourceKey } from '../k8s/ref.ts'

/** How an application marks what is its own. */
export interface Tracking {
  readonly trackingMethod: 'annotation' | 'label' | 'annotation+label'
  readonly instanceLabelKey: string
  readonly installationId?: string | undefined
}

/** A tracking id taken apart. */
export interface TrackingId extends ResourceKey {
  readonly instance: string
}

const labelLimit = 63

/** `<instance>:<group>/<kind>:<namespace>/<name>`, exactly as Argo CD writes it. */
export function formatTrackingId(id: TrackingId): string {
  return `${id.instance}:${id.group}/${id.kind}:${id.namespace}/${id.name}`
}

/** Takes a tracking id apart; undefined where it is none. */
export function parseTrackingId(value: string): TrackingId | undefined {
  // At most three parts: a name may hold colons (RBAC does).
  const first = value.indexOf(':')
  const second = value.indexOf(':', first + 1)
  if (first < 0 || second < 0) return undefined
  const slash = value.indexOf('/', first + 1)
  const last = value.indexOf('/', second + 1)
  // One slash in each of the two.
  if (slash < 0 || slash > second || value.lastIndexOf('/', second) !== slash) return undefined
  if (last < 0 || value.indexOf('/', last + 1) >= 0) return undefined
  return {
    instance: value.slice(0, first),
    group: value.slice(first + 1, slash),
    kind: value.slice(slash + 1, second),
    namespace: value.slice(second + 1, last),
    name: value.slice(last + 1),
  }
}

/**
 * The id an object gets. An object without a namespace takes the destination's, cluster-scoped kinds
 * included: that is what Argo CD writes, and a taken-over cluster must not differ.
 */
export function trackingIdOf(object: KubeObject, instance: string, defaultNamespace: string): TrackingId {
  const { group, kind } = gvkOf(object)
  const { namespace, name } = object.metadata
  return { instance, group, kind, namespace: namespace || defaultNamespace, name: name ?? '' }
}

/** The object with its tracking marks; CRDs are never marked. Does not change its argument. */
export function withTracking(
  object: KubeObject,
  instance: string,
  defaultNamespace: string,
  tracking: Tracking,
): KubeObject {
  const { group, kind } = gvkOf(object)
  if (group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition') return object
  const metadata: ObjectMeta = { ...object.metadata }
  if (tracking.trackingMethod !== 'label') {
    metadata.annotations = {
      ...metadata.annotations,
      [annotation.trackingId]: formatTrackingId(trackingIdOf(object, instance, defaultNamespace)),
      ...(tracking.installationId ? { [annotation.installationId]: tracking.installationId } : {}),
    }
  }
  if (tracking.trackingMethod !== 'annotation') {
    const value = tracking.trackingMethod === 'label' ? instance : labelValue(instance)
    metadata.labels = { ...metadata.labels, [tracking.instanceLabelKey]: value }
  }
  return { ...object, metadata }
}

/** The instance that a live object says it belongs to, if any. */
export function ownerOf(live: KubeObject, tracking: Tracking): string | undefined {
  if (tracking.trackingMethod === 'label') return live.metadata.labels?.[tracking.instanceLabelKey] || undefined
  return trackedAs(live, tracking)?.instance
}

/** The tracking id that a live object carries, where annotations decide and the installation is ours. */
export function trackedAs(live: KubeObject, tracking: Tracking): TrackingId | undefined {
  const value = live.metadata.annotations?.[annotation.trackingId]
  if (typeof value !== 'string') return undefined
  if (tracking.installationId && live.metadata.annotations?.[annotation.installationId] !== tracking.installationId)
    return undefined
  return parseTrackingId(value)
}

/**
 * Whether the id on a live object means this very object. Controllers copy annotations onto objects
 * they make; such copies are shown, but neither compared nor pruned.
 */
export function isSelfReferenced(
  live: KubeObject | undefined,
  target: KubeObject | undefined,
  tracking: Tracking,
): boolean {
  if (!live || tracking.trackingMethod === 'label') return true
  // The target decides where there is one: its group is the newer one when an API moved.
  const id = target ? trackingIdOf(target, '', '') : trackedAs(live, tracking)
  if (!id) return true
  const { group, kind } = gvkOf(live)
  const namespace = live.metadata.namespace ?? ''
  return (
    (namespace === id.namespace || namespace === '') &&
    live.metadata.name === id.name &&
    group === id.group &&
    kind === id.kind
  )
}

/** An instance name as a label's value: 63 characters, ending in a letter or digit. */
function labelValue(instance: string): string {
  return instance.slice(0, labelLimit).replace(/[^A-Za-z0-9]+$/, instance.length > labelLimit ? '' : '$&')
}
