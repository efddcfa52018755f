import type { ProjectSyncWindow } from '@flotilla/shared/engine/sync-window'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ProjectSpec } from './permits.ts'

/** A token that was issued for a role; the token itself is not kept. */
export interface RoleToken {
  readonly iat: number
  readonly exp?: number
  readonly id?: string
}

export interface ProjectRole {
  readonly name: string
  readonly description?: string
  readonly policies?: readonly string[]
  readonly groups?: readonly string[]
  readonly jwtTokens?: readonly RoleToken[]
}

/** The whole spec of an AppProject, as far as it is read by name. */
export interface FullProjectSpec extends ProjectSpec {
  readonly roles?: readonly ProjectRole[]
  readonly syncWindows?: readonly ProjectSyncWindow[]
  readonly destinationServiceAccounts?: readonly {
    readonly server?: string
    readonly namespace?: string
    readonly defaultServiceAccount?: string
  }[]
}

type TokensByRole = Readonly<Record<string, { readonly items?: readonly RoleToken[] }>>

export function specOf(project: KubeObject | undefined): FullProjectSpec {
  return (project?.['spec'] as FullProjectSpec | undefined) ?? {}
}

function tokensByRole(project: KubeObject): TokensByRole {
  return (project['status'] as { jwtTokensByRole?: TokensByRole } | undefined)?.jwtTokensByRole ?? {}
}

/** The tokens of a role, the newest first; they stand in the status, those of older versions in the spec. */
export function tokensOf(project: KubeObject, role: string): RoleToken[] {
  const inSpec = specOf(project).roles?.find((each) => each.name === role)?.jwtTokens ?? []
  const known = new Map<string, RoleToken>()
  for (const token of [...(tokensByRole(project)[role]?.items ?? []), ...inSpec]) {
    const id = token.id || String(token.iat)
    known.set(id, { ...token, id })
  }
  return [...known.values()].toSorted((a, b) => b.iat - a.iat)
}

/** The project with its tokens in both places where Argo CD keeps them, each with an id. */
export function withTokens(project: KubeObject, change?: { role: string; tokens: readonly RoleToken[] }): KubeObject {
  const spec = specOf(project)
  if (!spec.roles?.length) return project
  const roles = spec.roles.map((role) => {
    const { jwtTokens: _before, ...rest } = role
    const tokens = change?.role === role.name ? change.tokens : tokensOf(project, role.name)
    return tokens.length > 0 ? { ...rest, jwtTokens: tokens } : rest
  })
  const entries = roles.map((role) => {
    const items = (role as ProjectRole).jwtTokens
    return [role.name, items ? { items } : {}] as const
  })
  const status = { ...(project['status'] as object | undefined), jwtTokensByRole: Object.fromEntries(entries) }
  return { ...project, spec: { ...spec, roles }, status }
}

/** Policies as Argo CD writes them: one blank after each comma. */
export function withNormalPolicies(spec: FullProjectSpec): FullProjectSpec {
  if (!spec.roles) return spec
  const normal = (policy: string): string => {
    const [first = '', ...others] = policy.split(',')
    return [first, ...others.map((part) => part.replace(/^ +| +$/g, ''))].join(', ')
  }
  const roles = spec.roles.map((role) => (role.policies ? { ...role, policies: role.policies.map(normal) } : role))
  return { ...spec, roles }
}

/** What a project grants to its roles, in the lines of a policy. */
export function projectPolicy(project: KubeObject): string {
  const name = project.metadata.name ?? ''
  const lines = (specOf(project).roles ?? []).flatMap((role) => [
    `p, proj:${name}:${role.name}, projects, get, ${name}, allow`,
    ...(role.policies ?? []),
    ...(role.groups ?? []).map((group) => `g, ${group}, proj:${name}:${role.name}`),
  ])
  return lines.join('\n')
}
