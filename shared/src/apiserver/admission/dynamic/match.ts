import { internal, notFound } from '../../errors.ts'
import type { Admission } from '../../hooks.ts'
import { resourceName, type Resource } from '../../resource.ts'
import { isEmptySelector, selectorMatches } from '../../validation/labels.ts'
import { fieldsList, fieldsOf, listOf, textOf, type Fields } from '../../validation/values.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { find } from '../reads.ts'
import { equivalents, namespaceOf } from './target.ts'

/** What a webhook or policy wants to see. */
export interface Criteria {
  readonly rules: readonly Fields[]
  readonly excluded?: readonly Fields[]
  readonly matchPolicy: string
  readonly namespaceSelector: unknown
  readonly objectSelector: unknown
}

const configurations = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])

/** Who configures admission is never held up by it. */
export function isExempt({ resource }: Admission): boolean {
  return resource.group === 'admissionregistration.k8s.io' && configurations.has(resource.plural)
}

/** The version of the resource by which a request meets the criteria; undefined: it does not. */
export async function matchRequest(
  request: Admission,
  criteria: Criteria,
  world: AdmissionWorld,
): Promise<Resource | undefined> {
  // Cheap conditions first; a namespace that is missing only matters where the rest fits.
  if (!matchesObject(request, criteria.objectSelector)) return undefined
  if (criteria.excluded && byRules(request, criteria.excluded, criteria.matchPolicy, world)) return undefined
  const matched =
    criteria.excluded && criteria.rules.length === 0
      ? request.resource
      : byRules(request, criteria.rules, criteria.matchPolicy, world)
  if (!matched || !(await matchesNamespace(request, criteria.namespaceSelector, world))) return undefined
  return matched
}

function matchesObject({ object, oldObject }: Admission, selector: unknown): boolean {
  if (isEmptySelector(selector)) return true
  return [object, oldObject].some(
    (side) => side !== undefined && selectorMatches(selector, side.metadata.labels) === true,
  )
}

async function matchesNamespace(request: Admission, selector: unknown, world: AdmissionWorld): Promise<boolean> {
  const namespace = namespaceOf(request)
  const isNamespace = resourceName(request.resource) === 'namespaces'
  if ((namespace === '' && !isNamespace) || isEmptySelector(selector)) return true
  const own = isNamespace && request.subresource === undefined ? request.object : undefined
  const found = own ?? (await find(world, 'namespaces', '', namespace))
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace)
  const matches = selectorMatches(selector, found.metadata.labels)
  if (matches === undefined) throw internal('invalid namespace selector')
  return matches
}

function byRules(
  request: Admission,
  rules: readonly Fields[],
  matchPolicy: string,
  world: AdmissionWorld,
): Resource | undefined {
  if (rules.some((rule) => ruleMatches(rule, request, request.resource))) return request.resource
  if (matchPolicy === 'Exact') return undefined
  for (const rule of rules)
    for (const other of equivalents(request, world)) if (ruleMatches(rule, request, other)) return other
  return undefined
}

const includes = (list: unknown, value: string): boolean => listOf(list).some((item) => item === '*' || item === value)

function ruleMatches(rule: Fields, request: Admission, resource: Resource): boolean {
  const names = listOf(rule['resourceNames'])
  return (
    scopeMatches(textOf(rule['scope']), request) &&
    includes(rule['operations'], request.operation) &&
    includes(rule['apiGroups'], resource.group) &&
    includes(rule['apiVersions'], resource.version) &&
    listOf(rule['resources']).some((item) => resourceMatches(textOf(item), resource.plural, request.subresource)) &&
    (names.length === 0 || names.includes(request.name))
  )
}

function scopeMatches(scope: string, request: Admission): boolean {
  const inside = resourceName(request.resource) !== 'namespaces' && namespaceOf(request) !== ''
  if (scope === 'Namespaced') return inside
  return scope === 'Cluster' ? !inside : true
}

function resourceMatches(pattern: string, plural: string, subresource: string | undefined): boolean {
  const slash = pattern.indexOf('/')
  const [name, sub] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)]
  return (name === '*' || name === plural) && (sub === '*' || sub === (subresource ?? ''))
}

/** The criteria in a policy's `matchConstraints` or a binding's `matchResources`. */
export function criteriaOf(match: unknown): Criteria {
  const fields = fieldsOf(match)
  return {
    rules: fieldsList(fields['resourceRules']),
    excluded: fieldsList(fields['excludeResourceRules']),
    matchPolicy: textOf(fields['matchPolicy']),
    namespaceSelector: fields['namespaceSelector'],
    objectSelector: fields['objectSelector'],
  }
}
