import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, required } from './field-errors.ts'
import { qualifiedName } from './names.ts'
import { notNegativeMessage } from './numbers.ts'
import { canonicalQuantity, isWhole, nanoOf } from './quantity.ts'
import { fieldsOf, sortedMap, type Fields } from './values.ts'

/** What every container may ask for. */
export const containerResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage'])

/** Whether a name belongs to a vendor: `example.com/gpu`. */
export function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.')
}

/** Checks limits and requests of a container. */
export function validateResources(resources: unknown, field: string): FieldError[] {
  const limits = sortedMap(fieldsOf(fieldsOf(resources)['limits']))
  const requests = sortedMap(fieldsOf(fieldsOf(resources)['requests']))
  const errors = Object.entries(limits).flatMap(([name, value]) =>
    validateAmount(name, value, `${field}.limits[${name}]`),
  )
  for (const [name, value] of Object.entries(requests)) {
    errors.push(...validateAmount(name, value, `${field}.requests[${name}]`))
    errors.push(...validateAgainstLimit(name, value, limits, field))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHuge) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbidden(field, 'HugePages require cpu or memory'))
  return errors
}

const isHuge = (name: string): boolean => name.startsWith('hugepages-')

function validateAmount(name: string, value: unknown, field: string): FieldError[] {
  const errors = validateResourceName(name, field, containerResources, 'must be a standard resource for containers')
  if (nanoOf(value) < 0n) errors.push(invalid(field, canonicalQuantity(value), notNegativeMessage))
  if (isExtended(name) && !isWhole(value)) errors.push(invalid(field, canonicalQuantity(value), 'must be an integer'))
  return errors
}

/** Checks that a resource's name is standard or qualified. */
export function validateResourceName(
  name: string,
  field: string,
  standard: ReadonlySet<string>,
  complaint: string,
): FieldError[] {
  const errors = invalidAll(field, name, qualifiedName(name))
  if (name.includes('/')) return errors
  if (standard.has(name) || name.startsWith('hugepages-')) return errors
  errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
  errors.push(invalid(field, name, complaint))
  return errors
}

/** Of what cannot be shared, the request is the limit. */
function validateAgainstLimit(name: string, request: unknown, limits: Fields, field: string): FieldError[] {
  const limit = limits[name]
  const fixed = isExtended(name) || isHuge(name)
  if (limit === undefined)
    return fixed ? [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')] : []
  const shown = `${name} limit of ${String(canonicalQuantity(limit))}`
  const path = `${field}.requests`
  if (fixed && nanoOf(request) !== nanoOf(limit))
    return [invalid(path, canonicalQuantity(request), `must be equal to ${shown}`)]
  return nanoOf(request) > nanoOf(limit)
    ? [invalid(path, canonicalQuantity(request), `must be less than or equal to ${shown}`)]
    : []
}

/** The quality of service that a pod's requests and limits amount to. */
export function qosClass(containers: readonly Fields[]): string {
  let any = false
  let guaranteed = containers.length > 0
  for (const container of containers) {
    const resources = fieldsOf(container['resources'])
    const limits = fieldsOf(resources['limits'])
    const requests = fieldsOf(resources['requests'])
    for (const name of ['cpu', 'memory']) {
      if (nanoOf(limits[name]) > 0n || nanoOf(requests[name]) > 0n) any = true
      if (nanoOf(limits[name]) === 0n || nanoOf(limits[name]) !== nanoOf(requests[name] ?? limits[name]))
        guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
