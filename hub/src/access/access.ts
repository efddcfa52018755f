import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Identity } from '../auth/session-keeper.ts'
import { projectPolicy } from '../projects/project.ts'
import { parsePolicy, type Policy } from './policy.ts'

/** Decides what somebody may. */
export interface Access {
  allows(who: Identity, resource: string, action: string, object: string): boolean
}

export interface AccessOptions {
  /** argocd-rbac-cm as it is now; the same object for as long as nothing changed. */
  rbac(): Readonly<Record<string, string>>
  project(name: string): KubeObject | undefined
}

const ofProjects: ReadonlySet<string> = new Set([
  'applications',
  'applicationsets',
  'repositories',
  'clusters',
  'logs',
  'exec',
])

/** Argo CD's decision: the policy of all, with that of the project that the object belongs to. */
export function createAccess(options: AccessOptions): Access {
  let source: Readonly<Record<string, string>> | undefined
  const policies = new Map<string, { readonly lines: string; readonly policy: Policy }>()
  const policyWith = (name: string, lines: string): Policy => {
    const current = options.rbac()
    if (current !== source) policies.clear()
    source = current
    const known = policies.get(name)
    if (known?.lines === lines) return known.policy
    const policy = parsePolicy(current, lines)
    policies.set(name, { lines, policy })
    return policy
  }
  return {
    allows(who, resource, action, object) {
      const own = projectNamed(resource, object)
      const found = own === undefined ? undefined : options.project(own)
      const policy = found ? policyWith(own ?? '', projectPolicy(found)) : policyWith('', '')
      // A project's token is good for that project and for nothing else in any other.
      if (found && who.username.startsWith('proj:') && who.username.split(':')[1] !== own) return false
      if (policy.allows(who.username, resource, action, object)) return true
      return who.groups.some((group) => policy.isGrouped(group) && policy.allows(group, resource, action, object))
    },
  }
}

function projectNamed(resource: string, object: string): string | undefined {
  if (resource === 'projects') return object
  return ofProjects.has(resource) && object.includes('/') ? object.split('/')[0] : undefined
}
