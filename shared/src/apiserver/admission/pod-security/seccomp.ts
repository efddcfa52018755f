import { fieldsOf, textOf, type Fields } from '../../validation/values.ts'
import {
  containersOf,
  containersWith,
  joinQuoted,
  namedContainers,
  plural,
  securityOf,
  setters,
  sortedSet,
  type CheckPod,
  type PodLike,
  type Violation,
} from './check.ts'

const podKey = 'seccomp.security.alpha.kubernetes.io/pod'
const containerKey = 'container.seccomp.security.alpha.kubernetes.io/'
const reason = 'seccompProfile'

const profileOf = (of: Fields): unknown => securityOf(of)['seccompProfile']
const typeOf = (of: Fields): string => textOf(fieldsOf(profileOf(of))['type'])
const isAllowed = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost'
const isBad = (of: Fields): boolean => profileOf(of) !== undefined && !isAllowed(typeOf(of))

/** Up to version 1.18, profiles are annotations. */
export const seccompBaselineOfOld: CheckPod = ({ annotations, spec }) => {
  const keys = [podKey, ...containersOf(spec).map((container) => `${containerKey}${textOf(container['name'])}`)]
  const bad = sortedSet(
    keys.flatMap((key) => {
      const value = annotations[key]
      if (value === undefined || ['runtime/default', 'docker/default'].includes(value)) return []
      return value.startsWith('localhost/') ? [] : [`${key}=${JSON.stringify(value)}`]
    }),
  )
  if (bad.length === 0) return undefined
  return { reason, detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` }
}

/** A profile that is named must be that of the runtime or one of the node. */
export function seccompBaseline({ spec }: PodLike): Violation | undefined {
  const who = setters(isBad(spec), containersWith(spec, isBad))
  if (who.length === 0) return undefined
  const types = sortedSet([spec, ...containersOf(spec)].filter(isBad).map(typeOf))
  return {
    reason,
    detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${joinQuoted(types)}`,
  }
}

/** A profile must be named. */
export const seccompRestricted: CheckPod = (pod) => {
  const bad = seccompBaseline(pod)
  if (bad || (profileOf(pod.spec) !== undefined && isAllowed(typeOf(pod.spec)))) return bad
  const names = containersWith(pod.spec, (container) => profileOf(container) === undefined)
  if (names.length === 0) return undefined
  return {
    reason,
    detail: `pod or ${namedContainers(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}
