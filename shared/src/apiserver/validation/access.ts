import { pathSegment, dnsSubdomain } from './names.ts'
import type { FieldError } from '../strategy.ts'
import { invalid, notSupported, required, invalidAll } from './field-errors.ts'
import { fieldsList, fieldsOf, isSet, listOf, sameValue, textOf, type Fields } from './values.ts'

/** Role and ClusterRole. */
export function validateRole(role: Fields, namespaced: boolean): FieldError[] {
  return fieldsList(role['rules']).flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`))
}

function validateRule(rule: Fields, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = []
  const count = (name: string): number => listOf(rule[name]).length
  if (count('verbs') === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (count('nonResourceURLs') > 0) {
    const urls = rule['nonResourceURLs']
    if (namespaced)
      errors.push(invalid(`${field}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'))
    if (count('apiGroups') > 0 || count('resources') > 0 || count('resourceNames') > 0) {
      errors.push(
        invalid(`${field}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    }
    return errors
  }
  if (count('apiGroups') === 0)
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (count('resources') === 0)
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

const group = 'rbac.authorization.k8s.io'

/** RoleBinding and ClusterRoleBinding. */
export function validateBinding(binding: Fields, previous: Fields | undefined, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = []
  const role = fieldsOf(binding['roleRef'])
  if (role['apiGroup'] !== group) errors.push(notSupported('roleRef.apiGroup', role['apiGroup'] ?? '', [group]))
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (!kinds.includes(textOf(role['kind']))) errors.push(notSupported('roleRef.kind', textOf(role['kind']), kinds))
  const roleName = textOf(role['name'])
  if (roleName === '') errors.push(required('roleRef.name'))
  else errors.push(...invalidAll('roleRef.name', roleName, pathSegment(roleName)))
  fieldsList(binding['subjects']).forEach((subject, index) => {
    errors.push(...validateSubject(subject, namespaced, `subjects[${index}]`))
  })
  if (previous !== undefined && !sameValue(previous['roleRef'], binding['roleRef'])) {
    const shown = { APIGroup: textOf(role['apiGroup']), Kind: textOf(role['kind']), Name: textOf(role['name']) }
    errors.push(invalid('roleRef', shown, 'cannot change roleRef'))
  }
  return errors
}

function validateSubject(subject: Fields, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (!isSet(subject['name'])) errors.push(required(`${field}.name`))
  const apiGroup = textOf(subject['apiGroup'])
  switch (subject['kind']) {
    case 'ServiceAccount':
      if (isSet(subject['name']))
        errors.push(...invalidAll(`${field}.name`, subject['name'], dnsSubdomain(textOf(subject['name']))))
      if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']))
      if (!namespaced && !isSet(subject['namespace'])) errors.push(required(`${field}.namespace`))
      return errors
    case 'User':
    case 'Group':
      if (apiGroup !== group) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [group]))
      return errors
    default:
      errors.push(notSupported(`${field}.kind`, textOf(subject['kind']), ['ServiceAccount', 'User', 'Group']))
      return errors
  }
}
