import type { Condition } from '../argo/application.ts'
import type { ResourceKey } from '../k8s/ref.ts'
import type { Comparison } from './compare-types.ts'
import { byKey } from '../lang/order.ts'

type Place = Pick<ResourceKey, 'group' | 'kind' | 'namespace'>

/**
 * A comparison of which some objects cannot be seen (`unseen` says why): what was seen of them once says nothing any more.
 * Their rows are of unknown state, and so is the whole. What is seen stays as it is, and may be synced. Of kinds that the
 * application `had` objects of there may be some that Git does not name any more.
 */
export function withUnseen(
  comparison: Comparison,
  unseen: (place: Place) => string | undefined,
  had: readonly Place[] = [],
): Comparison {
  const blind = new Map<string, string>()
  for (const place of had) {
    const reason = unseen(place)
    if (reason !== undefined) blind.set(`${place.group}/${place.kind}`, reason)
  }
  const resources = comparison.resources.map((resource) => {
    const reason = unseen(resource.key)
    if (reason === undefined) return resource
    blind.set(`${resource.key.group}/${resource.key.kind}`, reason)
    const { requiresPruning: _, ...row } = resource.row
    return { ...resource, row: { ...row, status: 'Unknown' as const } }
  })
  if (blind.size === 0) return comparison
  return { ...comparison, sync: 'Unknown', blind, resources }
}

/** What users are told of kinds that could not be seen. */
export function unseenConditions({ blind = new Map() }: Pick<Comparison, 'blind'>): Condition[] {
  return [...blind].toSorted(byKey).map(([name, reason]) => ({
    type: 'ComparisonError',
    message: `Failed to load live state: failed to load initial state of resource ${resourceName(name)}: ${reason}`,
  }))
}

/** `Deployment.apps`, as Argo CD names kinds there. */
function resourceName(name: string): string {
  const [group = '', kind = ''] = name.split('/')
  return group === '' ? kind : `${kind}.${group}`
}
