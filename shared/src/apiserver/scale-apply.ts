import type { KubeObject } from '../k8s/object.ts'
import { isObject } from '../lang/json.ts'
import { manageApply } from './apply/field-manager.ts'
import { emptySet, fieldSetOf } from '../k8s/structured/field-set.ts'
import type { Manager, Managers } from '../k8s/structured/managers.ts'
import { decodeManagers, encodeManagers, managerId } from '../k8s/structured/managers.ts'
import { oneVersion } from '../k8s/structured/versions.ts'
import { apiVersionOf } from './decode-object.ts'
import type { Machine } from './hooks.ts'
import type { Resource } from './resource.ts'
import { readScale, replicasPath, withReplicas } from './scale.ts'
import { builtinType } from './schema/builtin.ts'
import type { Change, WriteRequest } from './write.ts'
import { writerOf } from './write.ts'

export const scaleVersion = 'autoscaling/v1'
/** The type of what is applied to `scale`. */
export const scaleType = () => builtinType('io.k8s.api.autoscaling.v1.Scale')
const replicas = fieldSetOf(['spec', 'replicas'])

/** Lays an applied Scale over an object: who owns the object's replicas owns those of its scale, and the other way round. */
export function scaleApplied(
  machine: Machine,
  request: WriteRequest,
  live: KubeObject,
  config: KubeObject,
  force: boolean,
): Change {
  const { resource } = request
  const { resourceVersion } = config.metadata
  const retry = resourceVersion === undefined
  const owners = decodeManagers(live.metadata.managedFields) ?? new Map<string, Manager>()
  const scale = readScale(resource, live)
  const seen = { ...scale, metadata: { ...scale.metadata, managedFields: encodeManagers(ofScale(resource, owners)) } }
  const writer = { ...writerOf(machine, request), apiVersion: scaleVersion }
  const versions = oneVersion(scaleVersion, scaleType())
  const result = manageApply(versions, seen, config, writer, force, emptySet, false)
  if (result.same) return { next: live, same: true, managed: true, retry }
  const { spec } = result.object
  const count = isObject(spec) && typeof spec['replicas'] === 'number' ? spec['replicas'] : 0
  const next = withReplicas(resource, live, count)
  const given = decodeManagers(result.object.metadata.managedFields) ?? new Map<string, Manager>()
  const managedFields = encodeManagers(ofParent(resource, owners, given))
  const version = resourceVersion === undefined ? {} : { resourceVersion }
  return { next: { ...next, metadata: { ...next.metadata, ...version, managedFields } }, managed: true, retry }
}

const parentPath = (resource: Resource) => fieldSetOf(replicasPath(resource))

/** Of the object's owners those of its replicas, as owners of the scale's. */
function ofScale(resource: Resource, owners: Managers): Managers {
  const path = parentPath(resource)
  const scale = [...owners.values()]
    .filter(({ fields }) => path.isSubsetOf(fields))
    .map((owner) => ({ ...owner, apiVersion: scaleVersion, fields: replicas }))
  return new Map(scale.map((owner) => [managerId(owner), owner]))
}

/** The object's owners once those of the scale have been settled: who lost the replicas there, loses them here. */
function ofParent(resource: Resource, owners: Managers, scale: Managers): Managers {
  const path = parentPath(resource)
  const left = new Map(scale)
  const result = new Map<string, Manager>()
  for (const [id, owner] of owners) {
    if (!path.isSubsetOf(owner.fields)) {
      result.set(id, owner)
      continue
    }
    const inScale = managerId({ ...owner, apiVersion: scaleVersion })
    if (left.delete(inScale)) result.set(id, owner)
    else {
      const fields = owner.fields.difference(path)
      if (!fields.empty) result.set(id, { ...owner, fields })
    }
  }
  for (const owner of left.values()) {
    if (!replicas.isSubsetOf(owner.fields)) continue
    // Entries that come through the scale have no time.
    const entry = { ...owner, apiVersion: apiVersionOf(resource), time: undefined, fields: path }
    result.set(managerId(entry), entry)
  }
  return result
}
