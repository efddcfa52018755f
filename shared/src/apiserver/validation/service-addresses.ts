import type { FieldError } from '../strategy.ts'
import { duplicate, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { ipAddress, isIpv4 } from './names.ts'
import { isSet, listOf, textOf, type Fields } from './values.ts'

const families = ['IPv4', 'IPv6']
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const field = 'spec.clusterIPs'

/** A Service's cluster addresses and their families, each by itself and with one another. */
export function validateServiceAddresses(spec: Fields): FieldError[] {
  if (spec['type'] === 'ExternalName') return []
  const addresses = listOf(spec['clusterIPs']).map(textOf)
  const errors = [...sameFirst(spec, addresses), ...validateFamilies(spec)]
  const wrong = addresses.flatMap((address, index) => {
    if (index > 0 || address !== 'None') return invalidAll(`${field}[${index}]`, address, ipAddress(address))
    return addresses.length > 1 ? [invalid(field, addresses, "'None' must be the first and only value")] : []
  })
  errors.push(...wrong)
  if (addresses.length > 2) errors.push(invalid(field, addresses, 'may only hold up to 2 values'))
  if (wrong.length > 0) return errors
  const kinds = new Set(addresses.map(isIpv4))
  if (addresses.length > 1 && (kinds.size < 2 || addresses.length > 2))
    errors.push(invalid(field, addresses, 'may specify no more than one IP for each IP family'))
  if (spec['clusterIP'] !== 'None') errors.push(...matchFamilies(spec, addresses))
  return errors
}

function sameFirst(spec: Fields, addresses: readonly string[]): FieldError[] {
  if (!isSet(spec['clusterIP']))
    return addresses.length > 0 ? [invalid(field, addresses, 'must be empty when `clusterIP` is not specified')] : []
  if (addresses.length === 0) return [required(field)]
  return addresses[0] === spec['clusterIP'] ? [] : [invalid(field, addresses, 'first value must match `clusterIP`')]
}

function validateFamilies(spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const given = listOf(spec['ipFamilies'])
  given.forEach((family, index) => {
    const path = `spec.ipFamilies[${index}]`
    if (!families.includes(textOf(family))) errors.push(notSupported(path, family, families))
    if (given.indexOf(family) !== index) errors.push(duplicate(path, family))
  })
  const policy = spec['ipFamilyPolicy']
  if (isSet(policy) && !familyPolicies.includes(textOf(policy)))
    errors.push(notSupported('spec.ipFamilyPolicy', policy, familyPolicies))
  return errors
}

function matchFamilies(spec: Fields, addresses: readonly string[]): FieldError[] {
  const given = listOf(spec['ipFamilies'])
  return addresses.flatMap((address, index) => {
    const family = given[index]
    if (!families.includes(textOf(family)) || (family === 'IPv4') === isIpv4(address)) return []
    const detail = `expected an ${textOf(family)} value as indicated by \`ipFamilies[${index}]\``
    return [invalid(`${field}[${index}]`, address, detail)]
  })
}
