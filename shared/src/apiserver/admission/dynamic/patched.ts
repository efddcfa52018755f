import type { KubeObject } from '../../../k8s/object.ts'
import { decodeObject } from '../../decode-object.ts'
import type { Admission } from '../../hooks.ts'
import { withReplicas } from '../../scale.ts'
import { fieldsOf, numberOf } from '../../validation/values.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { convert, type Target } from './target.ts'

/** A changed object in the version of its request: what its kind does not know is dropped, its defaults are filled in. */
export function patchedObject(
  request: Admission,
  target: Target,
  patched: KubeObject,
  world: AdmissionWorld,
): KubeObject {
  // Of a scale only the number can change: it goes into the object that is scaled.
  if (request.subresource === 'scale' && request.object) {
    const { replicas } = fieldsOf(patched['spec'])
    return withReplicas(request.resource, request.object, numberOf(replicas) ?? 0)
  }
  const { group, version, resource } = target.resource
  const served = world.resources.get(group, version, resource) ?? request.resource
  const next = convert(served, request.resource, decodeObject(served, patched).object)
  request.resource.strategy?.defaults?.(next)
  return next
}
