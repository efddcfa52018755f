import { isDeepStrictEqual } from 'node:util'
import { countedResources, recount } from '@flotilla/shared/apiserver/admission/quota/recount'
import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resourceId, resources } from '../machinery/resources.ts'
import { nothing, statusWrite } from '../machinery/writes.ts'

/** What quotas count of the kinds that a cluster is born with. */
const counted: ReadonlyMap<string, ResourceRef> = new Map(
  [
    resources.pods,
    resources.services,
    resources.secrets,
    resources.configMaps,
    resources.serviceAccounts,
    resources.claims,
    resources.quotas,
    resources.endpoints,
    resources.deployments,
    resources.replicaSets,
    resources.statefulSets,
    resources.daemonSets,
    resources.revisions,
    resources.jobs,
    resources.cronJobs,
    resources.ingresses,
    resources.endpointSlices,
    resources.budgets,
  ].map((resource) => [resourceId(resource), resource]),
)

/** Keeps what ResourceQuotas say is used. Admission counts what comes; this counts what goes, and what was there before. */
export const quotaController: Controller = {
  name: 'resourcequota',
  resource: resources.quotas,
  watches: [...counted.entries()].map(([id, resource]) => ({
    resource,
    wakes: ({ object, type, previous }, world) => {
      // Of what lives on, only pods and claims change what they use.
      if (type !== 'deleted' && previous && id !== 'pods' && id !== 'persistentvolumeclaims' && id !== 'services')
        return []
      const quotas = world.of(resources.quotas).list(object.metadata.namespace)
      return quotas
        .filter((quota) => {
          const { hard = {} } = (quota['spec'] ?? {}) as { hard?: Record<string, string> }
          return countedResources(Object.keys(hard), [id]).length > 0
        })
        .map(keyOfObject)
    },
  })),
  reconcile(quota, world, now) {
    const { namespace } = quota.metadata
    const list = (id: string) => {
      const resource = counted.get(id)
      return resource ? world.of(resource).list(namespace) : []
    }
    const status = recount(quota, [...counted.keys()], list, now)
    return isDeepStrictEqual(status, quota['status'])
      ? nothing
      : { writes: [statusWrite(resources.quotas, quota, status)] }
  },
}
