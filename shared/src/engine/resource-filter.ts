import { load } from 'js-yaml'
import { globMatch } from '../lang/glob.ts'

interface FilterRule {
  readonly apiGroups?: readonly string[]
  readonly kinds?: readonly string[]
  readonly clusters?: readonly string[]
}

/** Never tracked, whatever the settings say: they change all the time and belong to nobody. */
const always: readonly FilterRule[] = [
  { apiGroups: ['events.k8s.io', 'metrics.k8s.io'] },
  { apiGroups: [''], kinds: ['Event'] },
  { apiGroups: ['coordination.k8s.io'], kinds: ['Lease'] },
]

/** Whether a kind takes part in comparison, by `resource.exclusions` and `resource.inclusions` of argocd-cm. */
export function resourceFilter(
  argocdCm: Readonly<Record<string, string>>,
  cluster: { readonly name?: string | undefined; readonly server?: string | undefined },
): (group: string, kind: string) => boolean {
  const exclusions = [...always, ...rulesOf(argocdCm['resource.exclusions'])]
  const inclusions = rulesOf(argocdCm['resource.inclusions'])
  const hits = (rule: FilterRule, group: string, kind: string): boolean =>
    matchesAny(rule.apiGroups, (pattern) => globMatch(pattern, group)) &&
    matchesAny(rule.kinds, (pattern) => pattern === '*' || pattern === kind) &&
    matchesAny(rule.clusters, (pattern) => globMatch(pattern, cluster.server ?? ''))
  const forCluster = inclusions.filter((rule) =>
    matchesAny(rule.clusters, (pattern) => globMatch(pattern, cluster.server ?? '')),
  )
  return (group, kind) => {
    if (exclusions.some((rule) => hits(rule, group, kind))) return false
    return forCluster.length === 0 || forCluster.some((rule) => hits(rule, group, kind))
  }
}

/** A list that is not there matches everything. */
function matchesAny(patterns: readonly string[] | undefined, matches: (pattern: string) => boolean): boolean {
  return !patterns || patterns.length === 0 || patterns.some(matches)
}

function rulesOf(yaml: string | undefined): readonly FilterRule[] {
  if (!yaml) return []
  const rules: unknown = load(yaml)
  return Array.isArray(rules)
    ? rules.filter((rule): rule is FilterRule => typeof rule === 'object' && rule !== null)
    : []
}
