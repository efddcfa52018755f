import { selectorMatches } from '../../validation/labels.ts'
import { qosClass } from '../../validation/resources.ts'
import { fieldsList, fieldsOf, listOf, textOf, type Fields } from '../../validation/values.ts'

/** One condition on what a quota counts. */
export interface ScopeRequirement {
  readonly scopeName: string
  readonly operator: string
  readonly values: readonly string[]
}

/** The scopes of a quota, in both ways of saying them. */
export function scopesOf(spec: Fields): ScopeRequirement[] {
  return [
    ...listOf(spec['scopes']).map((name) => ({ scopeName: textOf(name), operator: 'Exists', values: [] })),
    ...fieldsList(fieldsOf(spec['scopeSelector'])['matchExpressions']).map((item) => ({
      scopeName: textOf(item['scopeName']),
      operator: textOf(item['operator']),
      values: listOf(item['values']).map(textOf),
    })),
  ]
}

/** Whether a pod has a time by which it must end. */
export function isTerminating(spec: Fields): boolean {
  return typeof spec['activeDeadlineSeconds'] === 'number' && spec['activeDeadlineSeconds'] >= 0
}

/** Whether a pod is in a scope. */
export function podMatchesScope(requirement: ScopeRequirement, spec: Fields): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(spec)
    case 'NotTerminating':
      return !isTerminating(spec)
    case 'BestEffort':
      return isBestEffort(spec)
    case 'NotBestEffort':
      return !isBestEffort(spec)
    case 'PriorityClass':
      return matchesPriority(requirement, textOf(spec['priorityClassName']))
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec)
    default:
      return false
  }
}

function isBestEffort(spec: Fields): boolean {
  return qosClass([...fieldsList(spec['initContainers']), ...fieldsList(spec['containers'])]) === 'BestEffort'
}

function matchesPriority({ operator, values }: ScopeRequirement, name: string): boolean {
  if (operator === 'Exists') return name !== ''
  const labels = name === '' ? {} : { PriorityClass: name }
  const selector = { matchExpressions: [{ key: 'PriorityClass', operator, values: [...values] }] }
  return selectorMatches(selector, labels) === true
}

function crossesNamespaces(spec: Fields): boolean {
  const affinity = fieldsOf(spec['affinity'])
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const terms = fieldsOf(affinity[kind])
    return [
      ...fieldsList(terms['requiredDuringSchedulingIgnoredDuringExecution']),
      ...fieldsList(terms['preferredDuringSchedulingIgnoredDuringExecution']).map((item) =>
        fieldsOf(item['podAffinityTerm']),
      ),
    ].some((term) => listOf(term['namespaces']).length > 0 || term['namespaceSelector'] !== undefined)
  })
}
