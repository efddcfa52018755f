import { globMatch } from '@flotilla/shared/lang/glob'
import type { ResourceKey } from '@flotilla/shared/k8s/ref'

/** What this agent refuses to touch, whatever the hub orders. Written on the cluster's side, by its owner. */
export interface Policy {
  /** Why an object may not be written or deleted; undefined where it may. */
  refuses(key: ResourceKey): string | undefined
}

export interface PolicyRules {
  /** Globs of namespaces that may be written to; all where absent. Objects in no namespace need `cluster: true`. */
  readonly namespaces?: readonly string[]
  /** Globs of `group/Kind` that may be written; all where absent. */
  readonly kinds?: readonly string[]
  /** Whether objects in no namespace may be written; default true. */
  readonly cluster?: boolean
}

/** The policy of a set of rules; no rules refuse nothing. */
export function createPolicy(rules: PolicyRules = {}): Policy {
  return {
    refuses(key) {
      const kind = `${key.group}/${key.kind}`
      if (rules.kinds && !rules.kinds.some((pattern) => globMatch(pattern, kind))) {
        return `the agent's policy does not allow ${kind}`
      }
      if (key.namespace === '') {
        return rules.cluster === false ? `the agent's policy does not allow objects in no namespace` : undefined
      }
      if (rules.namespaces && !rules.namespaces.some((pattern) => globMatch(pattern, key.namespace))) {
        return `the agent's policy does not allow namespace ${key.namespace}`
      }
      return undefined
    },
  }
}
