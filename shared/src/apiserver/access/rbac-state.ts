import type { Decision, RequestInfo } from '../api-server.ts'
import type { ObjectStore } from '../object-store.ts'
import type { Actor } from '../objects.ts'
import { authorize, type RbacObjects } from './rbac.ts'

const group = 'rbac.authorization.k8s.io'

/** The roles and bindings that matter in a namespace (empty: for the cluster) as they are now: what is granted holds at once. */
export async function readRbac(store: ObjectStore, namespace: string): Promise<RbacObjects> {
  const list = async (plural: string, within?: string) => {
    if (within === '') return []
    const { items } = await store.list({
      resource: `${plural}.${group}`,
      ...(within === undefined ? {} : { namespace: within }),
    })
    return items.map((stored) => stored.object)
  }
  const [roles, clusterRoles, roleBindings, clusterRoleBindings] = await Promise.all([
    list('roles', namespace),
    list('clusterroles'),
    list('rolebindings', namespace),
    list('clusterrolebindings'),
  ])
  return { roles, clusterRoles, roleBindings, clusterRoleBindings }
}

type Attributes = Parameters<typeof authorize>[1]

/** Whether somebody may do something, with the reason as reviews tell it. */
export async function decideByRbac(store: ObjectStore, actor: Actor, attributes: Attributes): Promise<Decision> {
  if (actor.groups.includes('system:masters')) return { allowed: true }
  return authorize(actor, attributes, await readRbac(store, attributes.namespace))
}

/** Whether a request may be carried out. A refusal gives no reason: what allowed or did not is nobody's business. */
export async function authorizeRequest(store: ObjectStore, info: RequestInfo): Promise<Decision> {
  return { allowed: (await decideByRbac(store, info.actor, info)).allowed }
}
