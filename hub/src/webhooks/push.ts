import { isObject } from '@flotilla/shared/lang/json'

/** What a push event says, whoever sent it. It is a hint to look, never something to deploy. */
export interface Push {
  /** Every address by which the sender names the repository. */
  readonly urls: readonly string[]
  /** The full name of what was pushed: `refs/heads/main`, `refs/tags/v1`. */
  readonly ref: string
  readonly defaultBranch: string | undefined
  /** Paths that changed; absent where the event does not tell all of them. */
  readonly files: readonly string[] | undefined
}

const repositoryFields = ['clone_url', 'html_url', 'ssh_url', 'git_url', 'url', 'git_http_url', 'git_ssh_url']
const projectFields = ['git_http_url', 'git_ssh_url', 'web_url', 'http_url', 'ssh_url', 'url']

/** Reads a push of GitHub, GitLab, Gogs or Gitea: their payloads differ in names only. Undefined where it is none. */
export function parsePush(payload: unknown): Push | undefined {
  if (!isObject(payload)) return undefined
  const ref = text(payload, 'ref')
  const repository = objectOf(payload, 'repository')
  const project = objectOf(payload, 'project')
  const named = [
    ...repositoryFields.map((field) => text(repository, field)),
    ...projectFields.map((field) => text(project, field)),
  ]
  const urls = [...new Set(named.filter((url) => url !== undefined))]
  if (ref === undefined || urls.length === 0) return undefined
  return {
    urls,
    ref,
    defaultBranch: text(repository, 'default_branch') ?? text(project, 'default_branch'),
    files: changedFiles(payload),
  }
}

function changedFiles(payload: Record<string, unknown>): readonly string[] | undefined {
  const { commits } = payload
  // A new or rewritten branch changes more than its list of commits shows, and long lists are cut short.
  if (!Array.isArray(commits) || commits.length === 0 || payload['forced'] === true) return undefined
  const total = payload['total_commits_count'] ?? payload['total_commits']
  if (typeof total === 'number' && total > commits.length) return undefined
  const files = new Set<string>()
  for (const commit of commits as unknown[]) {
    if (!isObject(commit)) return undefined
    for (const field of ['added', 'modified', 'removed']) {
      const list: unknown = commit[field]
      if (list === undefined || list === null) continue
      if (!Array.isArray(list)) return undefined
      for (const file of list as unknown[]) if (typeof file === 'string') files.add(file)
    }
  }
  return files.size === 0 ? undefined : [...files]
}

function objectOf(value: Record<string, unknown>, field: string): Record<string, unknown> {
  const found = value[field]
  return isObject(found) ? found : {}
}

function text(value: Record<string, unknown>, field: string): string | undefined {
  const found = value[field]
  return typeof found === 'string' && found !== '' ? found : undefined
}
