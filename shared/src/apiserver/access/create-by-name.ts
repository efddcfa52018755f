import type { AdmissionPlugin } from '../admission/plugin.ts'
import { forbidden } from '../errors.ts'

/** Who makes an object by an update or an apply must be allowed to create it. */
export const createByName: AdmissionPlugin = {
  name: 'CreateByName',
  async validate(request, world) {
    if (request.byName !== true) return
    const { resource, namespace, name, actor } = request
    const { group, version, plural } = resource
    const decision = await world.authorize(actor, { verb: 'create', group, version, resource: plural, namespace, name })
    if (decision.allowed) return
    const where = resource.namespaced ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'
    const why = decision.reason ? `: ${decision.reason}` : ''
    throw forbidden(
      resource,
      name,
      `User ${JSON.stringify(actor.user)} cannot create resource ${JSON.stringify(plural)} in API group ${JSON.stringify(group)} ${where}${why}`,
    )
  },
}
