import type { KubeObject } from '../../k8s/object.ts'
import type { Type } from '../schema/types.ts'
import { validateTyped } from './validate.ts'

/** An object that a version's type cannot hold. */
export class ConversionError extends Error {}

/** The versions in which one object can be seen; ownership is kept in the version that each manager wrote. */
export interface Versions {
  /** The version in which objects are at hand. */
  readonly current: string
  readonly type: Type
  /** Another version's view of an object of this one; undefined where that version is served no more. */
  view(apiVersion: string): VersionView | undefined
}

export interface VersionView {
  readonly type: Type
  fromCurrent(object: KubeObject): KubeObject
  toCurrent(object: KubeObject): KubeObject
}

/** Of a kind that has but one version. */
export function oneVersion(current: string, type: Type): Versions {
  return { current, type, view: () => undefined }
}

/** The view in a version; the one at hand is itself. Throws a `ConversionError` where the type does not hold the object. */
export function viewIn(versions: Versions, apiVersion: string): VersionView | undefined {
  const { current, type } = versions
  const same = (object: KubeObject): KubeObject => object
  if (apiVersion === current) return { type, fromCurrent: same, toCurrent: same }
  const view = versions.view(apiVersion)
  if (!view) return undefined
  return {
    type: view.type,
    fromCurrent: (object) => checked(view.type, view.fromCurrent(object)),
    toCurrent: (object) => checked(type, view.toCurrent(object)),
  }
}

function checked(type: Type, object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  const problem = validateTyped(type, { ...object, metadata })
  if (problem !== undefined) throw new ConversionError(problem)
  return object
}
