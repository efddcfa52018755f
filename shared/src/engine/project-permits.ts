import { pathMatch } from '../lang/path-match.ts'

interface KindPattern {
  readonly group?: string
  readonly kind?: string
  readonly name?: string
}

/** The parts of an AppProject's spec that say which kinds may be deployed. */
export interface KindRules {
  readonly clusterResourceWhitelist?: readonly KindPattern[] | null
  readonly clusterResourceBlacklist?: readonly KindPattern[] | null
  readonly namespaceResourceWhitelist?: readonly KindPattern[] | null
  readonly namespaceResourceBlacklist?: readonly KindPattern[] | null
}

/**
 * Whether a project lets an application deploy a kind. Nothing said means: every kind in namespaces, none outside of
 * them; an empty list of namespaced kinds means none.
 */
export function kindPermitted(
  rules: KindRules,
  resource: { readonly group: string; readonly kind: string; readonly name?: string },
  namespaced: boolean,
): boolean {
  const listed = (patterns: readonly KindPattern[] | null | undefined): boolean =>
    (patterns ?? []).some((pattern) => matches(pattern, resource, namespaced))
  if (namespaced) {
    const allowed = !rules.namespaceResourceWhitelist || listed(rules.namespaceResourceWhitelist)
    return allowed && !listed(rules.namespaceResourceBlacklist)
  }
  return listed(rules.clusterResourceWhitelist) && !listed(rules.clusterResourceBlacklist)
}

function matches(
  pattern: KindPattern,
  resource: { readonly group: string; readonly kind: string; readonly name?: string },
  namespaced: boolean,
): boolean {
  if (!pathMatch(pattern.kind ?? '', resource.kind) || !pathMatch(pattern.group ?? '', resource.group)) return false
  return namespaced || !pattern.name || pathMatch(pattern.name, resource.name ?? '')
}
