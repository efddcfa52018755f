import type { KubeObject } from '../../k8s/object.ts'
import type { Decision, RequestInfo } from '../api-server.ts'
import type { Actor } from '../objects.ts'
import { fieldsList, fieldsOf, listOf, textOf, type Fields } from '../validation/values.ts'

/** The objects that decide, as they are now. */
export interface RbacObjects {
  readonly roles: readonly KubeObject[]
  readonly clusterRoles: readonly KubeObject[]
  readonly roleBindings: readonly KubeObject[]
  readonly clusterRoleBindings: readonly KubeObject[]
}

/** A rule, and by which binding it holds. */
export interface Grant {
  readonly rule: Fields
  readonly because: string
}

type Attributes = Pick<
  RequestInfo,
  'verb' | 'group' | 'resource' | 'subresource' | 'name' | 'namespace' | 'path' | 'isResource'
>

/** Decides a request: masters may all, the rest what a binding of theirs says. */
export function authorize(actor: Actor, attributes: Attributes, objects: RbacObjects): Decision {
  if (actor.groups.includes('system:masters')) return { allowed: true }
  const found = grantsOf(actor, attributes.namespace, objects).find((grant) => ruleAllows(grant.rule, attributes))
  return found === undefined ? { allowed: false } : { allowed: true, reason: found.because }
}

/** All rules that hold for a user: in the cluster, and in one namespace. */
export function grantsOf(actor: Actor, namespace: string, objects: RbacObjects): Grant[] {
  const cluster = objects.clusterRoleBindings.flatMap((binding) => grantsOfBinding(binding, actor, '', objects))
  if (namespace === '') return cluster
  const local = objects.roleBindings
    .filter((binding) => binding.metadata.namespace === namespace)
    .flatMap((binding) => grantsOfBinding(binding, actor, namespace, objects))
  return [...cluster, ...local]
}

function grantsOfBinding(binding: KubeObject, actor: Actor, namespace: string, objects: RbacObjects): Grant[] {
  const subject = fieldsList(binding['subjects']).find((candidate) => isSubject(candidate, actor, namespace))
  if (subject === undefined) return []
  const reference = fieldsOf(binding['roleRef'])
  const name = textOf(reference['name'])
  const kind = textOf(reference['kind'])
  const where =
    namespace === ''
      ? JSON.stringify(binding.metadata.name)
      : JSON.stringify(`${binding.metadata.name ?? ''}/${namespace}`)
  const who = `${textOf(subject['kind'])} ${JSON.stringify(subject['kind'] === 'ServiceAccount' ? `${textOf(subject['name'])}/${textOf(subject['namespace']) || namespace}` : textOf(subject['name']))}`
  const because = `RBAC: allowed by ${namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding'} ${where} of ${kind} ${JSON.stringify(name)} to ${who}`
  return (rulesOf(kind, name, namespace, objects) ?? []).map((rule) => ({ rule, because }))
}

/** The rules of a role by its reference; undefined: it is not there. */
export function rulesOf(
  kind: string,
  name: string,
  namespace: string,
  objects: RbacObjects,
): readonly Fields[] | undefined {
  const role =
    kind === 'ClusterRole'
      ? objects.clusterRoles.find((candidate) => candidate.metadata.name === name)
      : objects.roles.find(
          (candidate) => candidate.metadata.name === name && candidate.metadata.namespace === namespace,
        )
  return role && fieldsList(role['rules'])
}

function isSubject(subject: Fields, actor: Actor, namespace: string): boolean {
  const name = textOf(subject['name'])
  switch (subject['kind']) {
    case 'User':
      return actor.user === name
    case 'Group':
      return actor.groups.includes(name)
    case 'ServiceAccount':
      return actor.user === `system:serviceaccount:${textOf(subject['namespace']) || namespace}:${name}`
    default:
      return false
  }
}

const has = (list: unknown, value: string): boolean => listOf(list).includes('*') || listOf(list).includes(value)

/** Whether one rule allows a request. */
export function ruleAllows(rule: Fields, attributes: Attributes): boolean {
  if (!has(rule['verbs'], attributes.verb)) return false
  if (!attributes.isResource)
    return listOf(rule['nonResourceURLs']).some((url) => urlMatches(textOf(url), attributes.path))
  if (!has(rule['apiGroups'], attributes.group)) return false
  const { resource, subresource } = attributes
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`
  const resources = listOf(rule['resources'])
  const fits =
    resources.includes('*') ||
    resources.includes(wanted) ||
    (subresource !== '' && resources.includes(`*/${subresource}`))
  const names = listOf(rule['resourceNames'])
  return fits && (names.length === 0 || names.includes(attributes.name))
}

function urlMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}

/** What of `wanted` is not covered by `held`: rules for one resource each, with the verbs that are missing. */
export function missingRules(wanted: readonly Fields[], held: readonly Fields[]): Fields[] {
  const missing = wanted.flatMap(atoms).filter((atom) => !held.some((candidate) => covers(candidate, atom)))
  const compact = new Map<string, Fields>()
  const rest: Fields[] = []
  for (const atom of missing) {
    if (atom['nonResourceURLs'] !== undefined) {
      rest.push(atom)
      continue
    }
    const { verbs, ...of } = atom
    const key = JSON.stringify(of)
    const known = compact.get(key)
    compact.set(key, known ? { ...known, verbs: [...listOf(known['verbs']), ...listOf(verbs)] } : atom)
  }
  return [...rest, ...compact.values()]
}

/** One verb on one resource (or URL), which a single rule can cover. */
function atoms(rule: Fields): Fields[] {
  const verbs = listOf(rule['verbs'])
  const urls = listOf(rule['nonResourceURLs'])
  if (urls.length > 0) return verbs.flatMap((verb) => urls.map((url) => ({ verbs: [verb], nonResourceURLs: [url] })))
  const names = listOf(rule['resourceNames'])
  return verbs.flatMap((verb) =>
    listOf(rule['apiGroups']).flatMap((group) =>
      listOf(rule['resources']).flatMap((resource) =>
        (names.length === 0 ? [undefined] : names).map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  )
}

function covers(held: Fields, atom: Fields): boolean {
  const within = (name: string): boolean => listOf(atom[name]).every((value) => has(held[name], textOf(value)))
  if (!within('verbs')) return false
  const urls = listOf(atom['nonResourceURLs'])
  if (urls.length > 0)
    return urls.every((url) =>
      listOf(held['nonResourceURLs']).some((pattern) => urlMatches(textOf(pattern), textOf(url))),
    )
  const resources = listOf(atom['resources']).every(
    (value) =>
      has(held['resources'], textOf(value)) ||
      listOf(held['resources']).includes(`*/${textOf(value).split('/')[1] ?? '*'}`),
  )
  const names = listOf(held['resourceNames'])
  const wanted = listOf(atom['resourceNames'])
  return (
    within('apiGroups') &&
    resources &&
    (names.length === 0 || (wanted.length > 0 && wanted.every((name) => names.includes(name))))
  )
}

/** A rule as messages print it. */
export function printRule(rule: Fields): string {
  const parts: [string, string][] = [
    ['APIGroups', 'apiGroups'],
    ['Resources', 'resources'],
    ['ResourceNames', 'resourceNames'],
    ['NonResourceURLs', 'nonResourceURLs'],
    ['Verbs', 'verbs'],
  ]
  const shown = parts
    .filter(([, key]) => listOf(rule[key]).length > 0)
    .map(
      ([name, key]) =>
        `${name}:[${listOf(rule[key])
          .map((value) => JSON.stringify(value))
          .join(' ')}]`,
    )
  return `{${shown.join(', ')}}`
}
