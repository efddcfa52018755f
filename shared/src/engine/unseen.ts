import type { Comparison } from './compare-types.ts'

/**
 * A comparison of which some kinds (`group/kind`) cannot be seen: what was seen of them once says nothing any more. Their
 * rows are of unknown state, and so is the whole; why is told. What is seen stays as it is.
 */
export function withUnseen(comparison: Comparison, unseen: ReadonlyMap<string, string>): Comparison {
  const blind = new Set<string>()
  const resources = comparison.resources.map((resource) => {
    const { group, kind } = resource.key
    const name = `${group}/${kind}`
    if (!unseen.has(name)) return resource
    blind.add(name)
    const { requiresPruning: _, ...row } = resource.row
    return { ...resource, row: { ...row, status: 'Unknown' as const } }
  })
  if (blind.size === 0) return comparison
  const conditions = [...blind].toSorted().map((name) => ({
    type: 'ComparisonError',
    message: `Failed to load live state: failed to load initial state of resource ${resourceName(name)}: ${unseen.get(name)}`,
  }))
  return { ...comparison, sync: 'Unknown', blind, resources, conditions: [...comparison.conditions, ...conditions] }
}

/** `Deployment.apps`, as Argo CD names kinds there. */
function resourceName(name: string): string {
  const [group = '', kind = ''] = name.split('/')
  return group === '' ? kind : `${kind}.${group}`
}
