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

/** Whether a kind takes part in comparison. */
export type ResourceFilter = (group: string, kind: string) => boolean

/** Filters by settings, then server: each comparison asks for one, and reading the YAML costs more than all else in it. */
const made = new WeakMap<Readonly<Record<string, string>>, Map<string, ResourceFilter>>()

/** Whether a kind takes part in comparison, by `resource.exclusions` and `resource.inclusions` of argocd-cm, which nobody changes in place. */
export function resourceFilter(
  argocdCm: Readonly<Record<string, string>>,
  cluster: { readonly name?: string | undefined; readonly server?: string | undefined },
): ResourceFilter {
  const filters = made.get(argocdCm) ?? new Map<string, ResourceFilter>()
  made.set(argocdCm, filters)
  const server = cluster.server ?? ''
  const filter = filters.get(server) ?? makeFilter(argocdCm, server)
  filters.set(server, filter)
  return filter
}

function makeFilter(argocdCm: Readonly<Record<string, string>>, server: string): ResourceFilter {
  const exclusions = [...always, ...rulesOf(argocdCm['resource.exclusions'] ?? defaultExclusions)]
  const inclusions = rulesOf(argocdCm['resource.inclusions'])
  const hits = (rule: FilterRule, group: string, kind: string): boolean =>
    matchesAny(rule.apiGroups, (pattern) => globMatch(pattern, group)) &&
    matchesAny(rule.kinds, (pattern) => pattern === '*' || pattern === kind) &&
    matchesAny(rule.clusters, (pattern) => globMatch(pattern, server))
  const forCluster = inclusions.filter((rule) => matchesAny(rule.clusters, (pattern) => globMatch(pattern, server)))
  const verdicts = new Map<string, boolean>()
  const judge = (group: string, kind: string): boolean => {
    if (exclusions.some((rule) => hits(rule, group, kind))) return false
    return forCluster.length === 0 || forCluster.some((rule) => hits(rule, group, kind))
  }
  return (group, kind) => {
    const key = `${group}/${kind}`
    const verdict = verdicts.get(key) ?? judge(group, kind)
    verdicts.set(key, verdict)
    return verdict
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

/** What holds where argocd-cm has no `resource.exclusions`, as Argo CD ships it: kinds that controllers make by the thousand. */
export const defaultExclusions = `
- apiGroups: ['', discovery.k8s.io]
  kinds: [Endpoints, EndpointSlice]
- apiGroups: [coordination.k8s.io]
  kinds: [Lease]
- apiGroups: [authentication.k8s.io, authorization.k8s.io]
  kinds: [SelfSubjectReview, TokenReview, LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview]
- apiGroups: [certificates.k8s.io]
  kinds: [CertificateSigningRequest]
- apiGroups: [cert-manager.io]
  kinds: [CertificateRequest]
- apiGroups: [cilium.io]
  kinds: [CiliumIdentity, CiliumEndpoint, CiliumEndpointSlice]
- apiGroups: [kyverno.io, reports.kyverno.io, wgpolicyk8s.io]
  kinds: [PolicyReport, ClusterPolicyReport, EphemeralReport, ClusterEphemeralReport, AdmissionReport, ClusterAdmissionReport, BackgroundScanReport, ClusterBackgroundScanReport, UpdateRequest]
`
