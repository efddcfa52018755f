import { authorize, type RbacObjects } from '@flotilla/shared/apiserver/access/rbac'
import type { Decision, RequestInfo } from '@flotilla/shared/apiserver/api-server'
import type { Actor, Objects } from '@flotilla/shared/apiserver/objects'

const named = (resource: string) => ({ group: 'rbac.authorization.k8s.io', version: 'v1', resource })

/** Reads the roles and bindings as they are now: what is granted holds at once. */
export async function readRbac(objects: Objects): Promise<RbacObjects> {
  const [roles, clusterRoles, roleBindings, clusterRoleBindings] = await Promise.all(
    ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((name) => objects.list(named(name))),
  )
  return {
    roles: roles?.items ?? [],
    clusterRoles: clusterRoles?.items ?? [],
    roleBindings: roleBindings?.items ?? [],
    clusterRoleBindings: clusterRoleBindings?.items ?? [],
  }
}

/** Whether a request may be carried out; masters may all. */
export async function decide(info: RequestInfo, objects: Objects): Promise<Decision> {
  if (info.actor.groups.includes('system:masters')) return { allowed: true }
  // An empty reason: what allowed it is nobody's business, and a refusal gives none.
  const { allowed } = authorize(info.actor, info, await readRbac(objects))
  return { allowed }
}

/** Whether `actor` may act as `other`. */
export async function mayImpersonate(actor: Actor, other: Actor, objects: Objects): Promise<boolean> {
  if (actor.groups.includes('system:masters')) return true
  const rbac = await readRbac(objects)
  const may = (resource: string, name: string): boolean =>
    authorize(
      actor,
      { verb: 'impersonate', group: '', resource, subresource: '', name, namespace: '', path: '', isResource: true },
      rbac,
    ).allowed
  return (
    may('users', other.user) && other.groups.every((group) => group === 'system:authenticated' || may('groups', group))
  )
}
