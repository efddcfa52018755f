import type { KubeObject } from '../../k8s/object.ts'
import { invalid } from '../errors.ts'
import type { FieldError } from '../strategy.ts'
import { invalid as invalidField } from '../validation/field-errors.ts'
import { isIpv4 } from '../validation/names.ts'
import { validateServiceAddresses } from '../validation/service-addresses.ts'
import { fieldsOf, isSet, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'

const policyField = 'spec.ipFamilyPolicy'
const headless = (spec: Fields): boolean => spec['clusterIP'] === 'None'
const selects = (spec: Fields): boolean => Object.keys(fieldsOf(spec['selector'])).length > 0

/** Decides which families of addresses a Service has, in a cluster that knows IPv4 alone. */
export function settleFamilies(next: KubeObject, previous: KubeObject | undefined): void {
  const spec = fieldsOf(next['spec'])
  const before = previous && fieldsOf(previous['spec'])
  if (staysDual(spec, before)) return
  if (!isSet(spec['ipFamilyPolicy'])) {
    const alone = headless(spec) && !selects(spec)
    spec['ipFamilyPolicy'] = before?.['ipFamilyPolicy'] ?? (alone ? 'RequireDualStack' : 'SingleStack')
  }
  refuse(next, validateServiceAddresses(spec))
  refuse(next, [...(before ? reductions(spec, before) : []), ...tooManyForOne(spec), ...inferred(spec)])
  const given = listOf(spec['ipFamilies'])
  if (headless(spec) && !selects(spec)) {
    const [first = 'IPv4'] = given
    const both = given.length < 2 && spec['ipFamilyPolicy'] !== 'SingleStack'
    spec['ipFamilies'] = both ? [first, first === 'IPv4' ? 'IPv6' : 'IPv4'] : given.length > 0 ? given : [first]
    return
  }
  refuse(next, unknownFamilies(spec))
  if (given.length === 0) spec['ipFamilies'] = ['IPv4']
}

function refuse(service: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid('Service', '', textOf(service.metadata.name), errors)
}

/** What prefers two families is left as it is, whatever the cluster knows. */
function staysDual(spec: Fields, before: Fields | undefined): boolean {
  return (
    before !== undefined &&
    spec['type'] === before['type'] &&
    spec['ipFamilyPolicy'] === 'PreferDualStack' &&
    (before['ipFamilyPolicy'] ?? 'PreferDualStack') === 'PreferDualStack' &&
    sameValue(spec['clusterIPs'], before['clusterIPs']) &&
    sameValue(spec['ipFamilies'], before['ipFamilies'])
  )
}

/** Going back to one family is said by the policy alone. */
function reductions(spec: Fields, before: Fields): FieldError[] {
  const errors: FieldError[] = []
  for (const [field, what] of [
    ['clusterIPs', 'cluster IP'],
    ['ipFamilies', 'IP family'],
  ] as const) {
    const now = listOf(spec[field])
    if (spec['ipFamilyPolicy'] === 'SingleStack') {
      if (now.length > 1 && sameValue(now, before[field])) spec[field] = now.slice(0, 1)
    } else if (now.length > 0 && now.length < listOf(before[field]).length)
      errors.push(
        invalidField(policyField, spec['ipFamilyPolicy'], `must be 'SingleStack' to release the secondary ${what}`),
      )
  }
  return errors
}

function tooManyForOne(spec: Fields): FieldError[] {
  if (spec['ipFamilyPolicy'] !== 'SingleStack') return []
  return [
    ['clusterIPs', 'cluster IPs'],
    ['ipFamilies', 'IP families'],
  ].flatMap(([field = '', what]) =>
    listOf(spec[field]).length === 2
      ? [
          invalidField(
            policyField,
            'SingleStack',
            `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
          ),
        ]
      : [],
  )
}

/** An address tells its family, where none is named. */
function inferred(spec: Fields): FieldError[] {
  const addresses = listOf(spec['clusterIPs']).map(textOf)
  if (addresses[0] === 'None') return []
  const families = [...listOf(spec['ipFamilies'])]
  const errors: FieldError[] = []
  addresses.slice(families.length).forEach((address, index) => {
    if (isIpv4(address)) families.push('IPv4')
    else errors.push(invalidField(`spec.clusterIPs[${index}]`, addresses, 'IPv6 is not configured on this cluster'))
  })
  if (families.length > 0) spec['ipFamilies'] = families
  return errors
}

function unknownFamilies(spec: Fields): FieldError[] {
  const dual = spec['ipFamilyPolicy'] === 'RequireDualStack'
  return [
    ...(dual
      ? [invalidField(policyField, 'RequireDualStack', 'this cluster is not configured for dual-stack services')]
      : []),
    ...listOf(spec['ipFamilies']).flatMap((family, index) =>
      family === 'IPv4' ? [] : [invalidField(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
    ),
  ]
}
