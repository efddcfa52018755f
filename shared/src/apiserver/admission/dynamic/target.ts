import type { KubeObject } from '../../../k8s/object.ts'
import type { Admission } from '../../hooks.ts'
import { resourceName, type Resource } from '../../resource.ts'
import { readScale } from '../../scale.ts'
import type { AdmissionWorld } from '../plugin.ts'

/** A write as webhooks and policies see it: perhaps in another version of its resource than it was asked for. */
export interface Target {
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
}

/** Where a request counts as being: a namespace is in itself once it is there. */
export function namespaceOf(request: Admission): string {
  if (resourceName(request.resource) !== 'namespaces') return request.resource.namespaced ? request.namespace : ''
  return request.operation === 'CREATE' ? '' : request.name
}

/** Other versions in which the same objects are served. */
export function equivalents(request: Admission, world: AdmissionWorld): Resource[] {
  const { group, version, plural } = request.resource
  return world.resources
    .all()
    .filter((other) => other.group === group && other.plural === plural && other.version !== version)
}

/** The request's objects as `resource` serves them. */
export function targetOf(request: Admission, resource: Resource): Target {
  const { subresource } = request
  const sub = subresource === undefined ? undefined : resource.subresources.find(({ name }) => name === subresource)
  const kind = { group: resource.group, version: resource.version, kind: resource.kind }
  const show = (object: KubeObject | undefined): KubeObject | undefined =>
    object && shown(request.resource, resource, subresource, object)
  return {
    resource: { group: resource.group, version: resource.version, resource: resource.plural },
    kind: sub ? { group: sub.group ?? kind.group, version: sub.version ?? kind.version, kind: sub.kind } : kind,
    object: show(request.object),
    oldObject: show(request.oldObject),
  }
}

function shown(from: Resource, to: Resource, subresource: string | undefined, object: KubeObject): KubeObject {
  const converted = from === to ? object : convert(from, to, object)
  if (subresource === 'scale' && converted.kind !== 'Scale') return readScale(to, converted)
  return converted
}

/** An object of one version as another serves it, by way of how it is stored. */
export function convert(from: Resource, to: Resource, object: KubeObject): KubeObject {
  if (from === to) return object
  const stored = from.toStorage?.(object) ?? object
  const apiVersion = to.group === '' ? to.version : `${to.group}/${to.version}`
  return { ...(to.fromStorage?.(stored) ?? stored), apiVersion }
}
