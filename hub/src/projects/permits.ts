import { globMatch } from '@flotilla/shared/lang/glob'

/** The parts of an AppProject that the hub itself reads; the rest travels to the agents as it is. */
export interface ProjectSpec {
  readonly description?: string
  readonly sourceRepos?: readonly string[]
  readonly destinations?: readonly { readonly server?: string; readonly name?: string; readonly namespace?: string }[]
  readonly sourceNamespaces?: readonly string[]
  readonly [field: string]: unknown
}

/** Whether a repository may be used: some pattern allows it and no `!pattern` denies it. */
export function permitsSource(project: ProjectSpec, url: string): boolean {
  const wanted = normalizeGitUrl(url)
  let allowed = false
  for (const pattern of project.sourceRepos ?? []) {
    const denies = pattern.startsWith('!')
    const bare = denies ? pattern.slice(1) : pattern
    const hit = bare === '*' || globMatch(normalizeGitUrl(bare), wanted, '/')
    if (denies && hit) return false
    if (hit !== denies) allowed = true
  }
  return allowed
}

/**
 * Whether a destination is permitted. As Argo CD has it, name and server of one rule are alternatives, and a rule that
 * denies also allows what it does not deny.
 */
export function permitsDestination(
  project: ProjectSpec,
  to: { readonly name: string; readonly server: string; readonly namespace: string },
): boolean {
  let allowed = false
  for (const rule of project.destinations ?? []) {
    const server = matchDenying(rule.server, to.server)
    const name = matchDenying(rule.name, to.name)
    const namespace = matchDenying(rule.namespace, to.namespace)
    if (server.denied || name.denied || namespace.denied) {
      const others = [server, name].some((one) => one.matched || one.denied) && (namespace.matched || namespace.denied)
      if (others) return false
      continue
    }
    if ((server.matched || name.matched) && namespace.matched) allowed = true
  }
  return allowed
}

function matchDenying(pattern: string | undefined, value: string): { matched: boolean; denied: boolean } {
  if (pattern === undefined || pattern === '') return { matched: value === '' && pattern === '', denied: false }
  if (pattern.startsWith('!')) {
    const hit = globMatch(pattern.slice(1), value)
    return { matched: !hit, denied: hit }
  }
  return { matched: globMatch(pattern, value), denied: false }
}

/** An address as Argo CD compares it: lower case, no `.git`, no trailing slash, `git@host:path` as ssh. */
export function normalizeGitUrl(url: string): string {
  let text = url.trim().toLowerCase()
  const scp = /^([a-z0-9_.-]+@)?([a-z0-9.-]+):(?!\/\/)(.+)$/.exec(text)
  if (scp && !text.includes('://')) text = `${scp[1] ?? ''}${scp[2] ?? ''}/${scp[3] ?? ''}`
  text = text.replace(/^ssh:\/\//, '')
  return text.replace(/\/+$/, '').replace(/\.git$/, '')
}
