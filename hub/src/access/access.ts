import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Identity } from '../auth/session-keeper.ts'
import { projectPolicy } from '../projects/project.ts'
import { policyLines } from '@flotilla/shared/access/csv'
import { parsePolicy, userPolicy, type Policy } from '@flotilla/shared/access/policy'

/** Decides what somebody may. */
export interface Access {
  allows(who: Identity, resource: string, action: string, object: string): boolean
}

export interface AccessOptions {
  /** argocd-rbac-cm as it is now; the same object for as long as nothing changed. */
  rbac(): Readonly<Record<string, string>>
  project(name: string): KubeObject | undefined
  /** Hears of lines that cannot be read, for which a whole policy counts for nothing: of a project, or (`''`) of all. */
  broken?(project: string, lines: readonly string[]): void
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
  const tell = (project: string, text: string): void => {
    const { broken } = policyLines(text)
    if (broken.length > 0) options.broken?.(project, broken)
  }
  const policyWith = (name: string, lines: string): Policy => {
    const current = options.rbac()
    if (current !== source) {
      policies.clear()
      tell('', userPolicy(current))
    }
    source = current
    const known = policies.get(name)
    if (known?.lines === lines) return known.policy
    if (name !== '') tell(name, lines)
    const policy = parsePolicy(current, { project: lines })
    policies.set(name, { lines, policy })
    return policy
  }
  return {
    allows(who, resource, action, object) {
      const own = projectNamed(resource, object)
      const found = own === undefined ? undefined : options.project(own)
      const policy = found ? policyWith(own ?? '', projectPolicy(found)) : policyWith('', '')
      if (found && who.username.startsWith('proj:')) {
        // A project's token is good for that project and for nothing else in any other.
        const [, project, role, more] = who.username.split(':')
        const named = project === own && role !== undefined && more === undefined
        return named && policy.allows(who.username, resource, action, object)
      }
      if (policy.allows(who.username, resource, action, object)) return true
      return who.groups.some((group) => policy.isGrouped(group) && policy.allows(group, resource, action, object))
    },
  }
}

function projectNamed(resource: string, object: string): string | undefined {
  if (resource === 'projects') return object
  return ofProjects.has(resource) && object.includes('/') ? object.split('/')[0] : undefined
}
