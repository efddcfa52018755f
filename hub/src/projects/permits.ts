import { destinationPermitted, type DestinationRule } from '@flotilla/shared/engine/project-destinations'
import { globMatch } from '@flotilla/shared/lang/glob'

/** The parts of an AppProject that the hub itself reads; the rest travels to the agents as it is. */
export interface ProjectSpec {
  readonly description?: string
  readonly sourceRepos?: readonly string[]
  readonly destinations?: readonly DestinationRule[]
  readonly sourceNamespaces?: readonly string[]
  readonly [field: string]: unknown
}

/** Whether a repository may be used: some pattern allows it and no `!pattern` denies it; a denial allows all others. */
export function permitsSource(project: ProjectSpec, url: string): boolean {
  const wanted = normalizeGitUrl(url)
  let allowed = false
  for (const pattern of project.sourceRepos ?? []) {
    const denies = pattern.startsWith('!')
    const bare = normalizeGitUrl(pattern.replace(/^!+/, (marks) => (denies ? marks.slice(1) : marks)))
    // Only where it allows does a star alone mean everything.
    const matched = ((bare === '*' && !denies) || globMatch(bare, wanted, '/')) !== denies
    if (matched) allowed = true
    else if (denies) return false
  }
  return allowed
}

/** Whether a destination is permitted: the same rule by which agents let objects into namespaces. */
export function permitsDestination(
  project: ProjectSpec,
  to: { readonly name: string; readonly server: string; readonly namespace: string },
): boolean {
  return destinationPermitted(project.destinations ?? [], to)
}

/** An address as Argo CD compares it: lower case, no `.git` at its end, `git@host:path` as a path below the host. */
export function normalizeGitUrl(url: string): string {
  let text = url.trim().toLowerCase()
  const scp = /^(ssh:\/\/)?([^/:]*?)@[^@]+$/.test(text)
  if (scp && !/^[a-z]+:\/\//.test(text)) text = text.replace(':', '/')
  text = text.replace(/^ssh:\/\//, '').replace(/\.git$/, '')
  const [, scheme = '', host = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/]*)(.*)$/s.exec(text) ?? []
  return scheme === '' ? text : `${scheme}${host}${asGoWrites(path)}`
}

/** Go keeps a path that is written as one may be; of any other it escapes all that need not stand as it is. */
function asGoWrites(path: string): string {
  if (/^[\w.~!$&'()*+,;=:@[\]%/?#-]*$/.test(path)) return path
  return path.replace(/[^\w.~$&+,/:;=@-]/gu, (char) => encodeURIComponent(char).replace('*', '%2A'))
}
