import type { FieldError } from '../strategy.ts'
import { duplicate, forbidden, immutable, invalid, invalidAll, required } from './field-errors.ts'
import { qualifiedName } from './names.ts'
import { at, notNegativeMessage } from './numbers.ts'
import { canonicalQuantity, isWhole, nanoOf } from './quantity.ts'
import { containerResources, isExtended, validateResourceName } from './resources.ts'
import { fieldsList, fieldsOf, listOf, sameValue, sortedMap, textOf, type Fields } from './values.ts'

const countedResources = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])

const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...countedResources,
])

/** Checks an amount of a quota, in its spec or its status. */
export function validateQuotaAmount(name: string, amount: unknown, field: string): FieldError[] {
  const huge = /^(requests\.)?hugepages-/.test(name) || name.includes('.storageclass.') || name.startsWith('count/')
  const standard = huge ? new Set([...quotaResources, name]) : quotaResources
  const errors = validateResourceName(name, field, standard, 'must be a standard resource for quota')
  if (nanoOf(amount) < 0n) errors.push(invalid(field, canonicalQuantity(amount), notNegativeMessage))
  if ((countedResources.has(name) || isExtended(name)) && !isWhole(amount))
    errors.push(invalid(field, canonicalQuantity(amount), 'must be an integer'))
  return errors
}

const quotaScopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
])
const opposites = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

/** Whether objects that a resource counts can be within a scope. */
function inScope(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods'
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name.endsWith('storage')
  const pods = name === 'pods' || /^((requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.test(name)
  return pods || name.startsWith('requests.hugepages-')
}

/** ResourceQuota: amounts, and scopes that stay. */
export function validateQuota(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const hard = sortedMap(fieldsOf(spec['hard']))
  const errors = Object.entries(hard).flatMap(([name, amount]) =>
    validateQuotaAmount(name, amount, `spec.hard[${name}]`),
  )
  const scopes = listOf(spec['scopes']).map(textOf)
  for (const scope of scopes) {
    if (!quotaScopes.has(scope)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope'))
    for (const name of Object.keys(hard))
      if (quotaResources.has(name) && !inScope(scope, name))
        errors.push(invalid('spec.scopes', scopes, 'unsupported scope applied to resource'))
  }
  for (const pair of opposites)
    if (pair.every((scope) => scopes.includes(scope))) errors.push(invalid('spec.scopes', scopes, 'conflicting scopes'))
  const selector = 'spec.scopeSelector.matchExpressions'
  for (const expression of fieldsList(at(spec, 'scopeSelector')['matchExpressions']))
    errors.push(...validateScope(expression, selector))
  const before = listOf(at(previous, 'spec')['scopes'])
  if (previous !== undefined && !sameValue([...scopes].sort(), before.map(textOf).sort()))
    errors.push(immutable('spec.scopes', scopes))
  return errors
}

function validateScope(expression: Fields, field: string): FieldError[] {
  const scope = textOf(expression['scopeName'])
  const operator = textOf(expression['operator'])
  const values = listOf(expression['values'])
  const errors = quotaScopes.has(scope) ? [] : [invalid(`${field}.scopeName`, scope, 'unsupported scope')]
  if (quotaScopes.has(scope) && !scope.endsWith('Class') && operator !== 'Exists')
    errors.push(
      invalid(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    )
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(
        required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      )
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        invalid(
          `${field}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      )
  } else errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  return errors
}

const limitTypes = new Set(['Pod', 'Container', 'PersistentVolumeClaim'])
const limitParts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio']

/** LimitRange: minimum under default request under default under maximum. */
export function validateLimitRange(next: Fields): FieldError[] {
  const seen = new Set<string>()
  return fieldsList(at(next, 'spec')['limits']).flatMap((limit, index) => {
    const field = `spec.limits[${index}]`
    const type = textOf(limit['type'])
    const errors = invalidAll(`${field}.type`, type, qualifiedName(type))
    if (errors.length === 0 && !type.includes('/') && !limitTypes.has(type))
      errors.push(invalid(`${field}.type`, type, 'must be a standard limit type or fully qualified'))
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type))
    seen.add(type)
    const parts = Object.fromEntries(limitParts.map((part) => [part, sortedMap(fieldsOf(limit[part]))]))
    for (const part of limitParts) {
      if (type === 'Pod' && part.startsWith('default')) {
        if (Object.keys(parts[part] ?? {}).length > 0)
          errors.push(forbidden(`${field}.${part}`, "may not be specified when `type` is 'Pod'"))
        parts[part] = {}
      }
      for (const name of Object.keys(parts[part] ?? {}))
        errors.push(...validateLimitName(type, name, `${field}.${part}[${name}]`))
    }
    if (
      type === 'PersistentVolumeClaim' &&
      !('storage' in (parts['min'] ?? {})) &&
      !('storage' in (parts['max'] ?? {}))
    )
      errors.push(
        required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
      )
    const names = new Set(limitParts.flatMap((part) => Object.keys(parts[part] ?? {})))
    for (const name of [...names].sort()) errors.push(...validateLimitOrder(name, parts, field))
    return errors
  })
}

function validateLimitName(type: string, name: string, field: string): FieldError[] {
  const standard = type === 'Pod' || type === 'Container' ? containerResources : new Set([name])
  return validateResourceName(name, field, standard, 'must be a standard resource for containers')
}

/** Which amount may not be above which, how both are called, and which of them is shown, and where. */
const limitOrder = [
  ['min', 'max', 'min value', 'max value', 'min', 'min'],
  ['min', 'defaultRequest', 'min value', 'default request value', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'max', 'default request value', 'max value', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'default', 'default request value', 'default limit value', 'defaultRequest', 'defaultRequest'],
  ['min', 'default', 'min value', 'default value', 'min', 'default'],
  ['default', 'max', 'default value', 'max value', 'max', 'default'],
] as const

function validateLimitOrder(name: string, parts: Readonly<Record<string, Fields>>, field: string): FieldError[] {
  const amount = (part: string): unknown => parts[part]?.[name]
  const text = (part: string): string => String(canonicalQuantity(amount(part)))
  const errors = limitOrder.flatMap(([low, high, lowName, highName, shown, where]) =>
    amount(low) === undefined || amount(high) === undefined || nanoOf(amount(low)) <= nanoOf(amount(high))
      ? []
      : [
          invalid(
            `${field}.${where}[${name}]`,
            text(shown),
            `${lowName} ${text(low)} is greater than ${highName} ${text(high)}`,
          ),
        ],
  )
  const ratio = 'maxLimitRequestRatio'
  if (amount(ratio) === undefined) return errors
  if (nanoOf(amount(ratio)) < 1_000_000_000n)
    errors.push(invalid(`${field}.${ratio}[${name}]`, text(ratio), `ratio ${text(ratio)} is less than 1`))
  const [min, max] = [nanoOf(amount('min')), nanoOf(amount('max'))]
  if (min > 0n && max > 0n && Number(nanoOf(amount(ratio))) / 1e9 > Number(max) / Number(min))
    errors.push(
      invalid(
        `${field}.${ratio}[${name}]`,
        text(ratio),
        `ratio ${text(ratio)} is greater than max/min = ${(Number(max) / Number(min)).toFixed(6)}`,
      ),
    )
  return errors
}
