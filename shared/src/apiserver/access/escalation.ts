import { jsonEqual } from '../../lang/json.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../admission/plugin.ts'
import { refuse } from '../admission/refusal.ts'
import { notFound } from '../errors.ts'
import type { Admission } from '../hooks.ts'
import { fieldsList, fieldsOf, textOf, type Fields } from '../validation/values.ts'
import { grantsOf, missingRules, printRule, rulesOf } from './rbac.ts'
import { readRbac } from './rbac-state.ts'

const group = 'rbac.authorization.k8s.io'

/** Nobody may give more than they have: by a role's rules, or by binding a role. */
export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${plural}.${group}`),
  async admit(request, world) {
    const { resource, operation, actor, object, oldObject, subresource } = request
    if (resource.group !== group || !object || subresource !== undefined) return
    if (operation !== 'CREATE' && operation !== 'UPDATE') return
    if (actor.groups.includes('system:masters')) return
    // Garbage collection may always do its part.
    if (oldObject && onlyForGarbageCollection(object, oldObject)) return
    if (resource.plural === 'roles' || resource.plural === 'clusterroles') await checkRole(request, world)
    else await checkBinding(request, world)
  },
}

function onlyForGarbageCollection(next: Fields, previous: Fields): boolean {
  const bare = (object: Fields): Fields => {
    const { finalizers: _, ownerReferences: __, managedFields: ___, ...metadata } = fieldsOf(object['metadata'])
    return { ...object, metadata }
  }
  return jsonEqual(bare(next), bare(previous))
}

async function checkRole(request: Admission, world: AdmissionWorld): Promise<void> {
  const { resource, actor, namespace, object, oldObject } = request
  const { plural } = resource
  const name = object?.metadata.name ?? ''
  const asked = { verb: 'escalate', group, version: 'v1', resource: plural, namespace, name }
  if ((await world.authorize(actor, asked)).allowed) return
  await confirm(request, world, fieldsList(object?.['rules']))
  const aggregates = [object, oldObject].some((side) => side?.['aggregationRule'] !== undefined)
  if (!aggregates) return
  const all = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]
  const held = await heldBy(request, world)
  if (missingRules(all, held).length > 0)
    throw refuse(request, 'must have cluster-admin privileges to use the aggregationRule')
}

async function checkBinding(request: Admission, world: AdmissionWorld): Promise<void> {
  const { resource, actor, namespace, object } = request
  const { kind, name } = fieldsOf(object?.['roleRef'])
  const [roleKind, roleName] = [textOf(kind), textOf(name)]
  const roles = roleKind === 'ClusterRole' ? 'clusterroles' : 'roles'
  const asked = { verb: 'bind', group, version: 'v1', resource: roles, namespace, name: roleName }
  if ((await world.authorize(actor, asked)).allowed) return
  const rbac = await readRbac(world.store, namespace)
  const rules = rulesOf(roleKind, roleName, namespace, rbac)
  // The role is looked for in the course of the request: it is its resource that is not found.
  if (!rules) throw notFound(resource, roleName)
  await confirm(request, world, rules)
}

async function heldBy({ actor, namespace }: Admission, world: AdmissionWorld): Promise<Fields[]> {
  return grantsOf(actor, namespace, await readRbac(world.store, namespace)).map(({ rule }) => rule)
}

async function confirm(request: Admission, world: AdmissionWorld, wanted: readonly Fields[]): Promise<void> {
  const missing = missingRules(wanted, await heldBy(request, world))
  if (missing.length === 0) return
  const { user, groups } = request.actor
  const printed = [...new Set(missing.map(printRule))].sort().join('\n')
  const who = `user ${JSON.stringify(user)} (groups=[${groups.map((name) => JSON.stringify(name)).join(' ')}])`
  throw refuse(request, `${who} is attempting to grant RBAC permissions not currently held:\n${printed}`)
}
