import { fieldsList, fieldsOf, textOf, type Fields } from '../../validation/values.ts'

/** What a check looks at. */
export interface PodLike {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Fields
}

/** What a check found: in short, and in detail. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type CheckPod = (pod: PodLike) => Violation | undefined

/** A check of a level, by the minor version of the policy since which it holds so. */
export interface Check {
  readonly id: string
  readonly level: 'baseline' | 'restricted'
  readonly versions: readonly {
    readonly since: number
    readonly check: CheckPod
    /** Baseline checks that this one makes needless. */
    readonly overrides?: readonly string[]
  }[]
}

/** All containers of a pod, in the order in which they are checked. */
export function containersOf(spec: Fields): readonly Fields[] {
  return [
    ...fieldsList(spec['initContainers']),
    ...fieldsList(spec['containers']),
    ...fieldsList(spec['ephemeralContainers']),
  ]
}

/** The names of the containers for which something holds. */
export function containersWith(spec: Fields, holds: (container: Fields) => boolean): string[] {
  return containersOf(spec)
    .filter(holds)
    .map((container) => textOf(container['name']))
}

export const securityOf = (of: Fields): Fields => fieldsOf(of['securityContext'])

export const plural = (one: string, many: string, number: number): string => (number === 1 ? one : many)

export const joinQuoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ')

export const sortedSet = (items: Iterable<string>): string[] => [...new Set(items)].sort()

/** `container "a"`, `containers "a", "b"`. */
export const namedContainers = (names: readonly string[]): string =>
  `${plural('container', 'containers', names.length)} ${joinQuoted(names)}`

/** `pod`, `container "a"`, or both: who set something. */
export function setters(pod: boolean, containers: readonly string[]): string[] {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [namedContainers(containers)] : [])]
}

export const isWindows = (spec: Fields): boolean => fieldsOf(spec['os'])['name'] === 'windows'

/** Whether the pod has users of its own: root in it is nobody outside. */
export const hasOwnUsers = (spec: Fields): boolean => spec['hostUsers'] === false
