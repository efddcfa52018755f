import type { KubeObject } from '../k8s/object.ts'
import { ConversionError, type VersionView, type Versions } from '../k8s/structured/versions.ts'
import { validateTyped } from './apply/validate.ts'
import { apiVersionOf } from './decode-object.ts'
import type { Resource, ResourceTable } from './resource.ts'
import { storageName } from './resource.ts'
import { anyType, type Type } from './schema/types.ts'

/** The versions in which the objects of a resource can be seen: all that are served from the same storage. */
export function versionsOf(resources: ResourceTable, resource: Resource): Versions {
  return {
    current: apiVersionOf(resource),
    type: resource.type ?? anyType,
    view: (apiVersion) => {
      const name = storageName(resource)
      const other = resources.all().find((row) => apiVersionOf(row) === apiVersion && storageName(row) === name)
      return other && viewOf(resource, other)
    },
  }
}

function viewOf(resource: Resource, other: Resource): VersionView {
  const type = other.type ?? anyType
  return {
    type,
    fromCurrent: (object) => checked(type, converted(object, resource, other)),
    toCurrent: (object) => checked(resource.type ?? anyType, converted(object, other, resource)),
  }
}

/** Throws where the type does not hold the object. */
function checked(type: Type, object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  const problem = validateTyped(type, { ...object, metadata })
  if (problem !== undefined) throw new ConversionError(problem)
  return object
}

/** Versions of custom resources differ by their name alone: what one does not know is not dropped here. */
function converted(object: KubeObject, from: Resource, to: Resource): KubeObject {
  if (to.custom) return { ...object, apiVersion: apiVersionOf(to) }
  const stored = from.toStorage?.(object) ?? object
  const shown: Partial<KubeObject> = to.fromStorage?.(stored) ?? stored
  // Metadata that say nothing are not shown, but an object has some.
  return { ...shown, apiVersion: apiVersionOf(to), kind: to.kind, metadata: shown.metadata ?? {} }
}
