import type { KubeObject } from '../object.ts'
import type { StructuredType } from './type.ts'

/** An object that a version's type cannot hold: views throw it. */
export class ConversionError extends Error {}

/** The versions in which one object can be seen; ownership is kept in the version that each manager wrote. */
export interface Versions {
  /** The version in which objects are at hand. */
  readonly current: string
  readonly type: StructuredType
  /** Another version's view of an object of this one; undefined where that version is served no more. */
  view(apiVersion: string): VersionView | undefined
}

export interface VersionView {
  readonly type: StructuredType
  fromCurrent(object: KubeObject): KubeObject
  toCurrent(object: KubeObject): KubeObject
}

/** Of a kind that has but one version. */
export function oneVersion(current: string, type: StructuredType): Versions {
  return { current, type, view: () => undefined }
}

/** The view in a version; the one at hand is itself. */
export function viewIn(versions: Versions, apiVersion: string): VersionView | undefined {
  if (apiVersion !== versions.current) return versions.view(apiVersion)
  const same = (object: KubeObject): KubeObject => object
  return { type: versions.type, fromCurrent: same, toCurrent: same }
}
