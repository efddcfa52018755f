import type { RefList } from './repository.ts'
import { highest, parseConstraint, parseVersion } from './semver.ts'

/** What a revision means in a list of refs. */
export type Meaning =
  | { readonly kind: 'commit'; readonly commit: string }
  /** Seven digits or more of a commit's id, which no ref has at its tip. */
  | { readonly kind: 'short'; readonly digits: string }
  | { readonly kind: 'unknown' }

/** Resolves as Argo CD does: whole id; empty is HEAD; a range picks the highest tag; then names; then a shortened id. */
export function resolveRevision(revision: string, list: RefList): Meaning {
  if (/^[0-9a-f]{40}$/i.test(revision)) return { kind: 'commit', commit: revision.toLowerCase() }
  const name = tagOfRange(revision, list) ?? (revision === '' ? 'HEAD' : revision)
  const commit = name === 'HEAD' ? list.head : byName(name, list)
  if (commit !== undefined) return { kind: 'commit', commit }
  if (!/^[0-9a-f]{7,39}$/i.test(revision)) return { kind: 'unknown' }
  const digits = revision.toLowerCase()
  for (const tip of list.refs.values()) if (tip.startsWith(digits)) return { kind: 'commit', commit: tip }
  return { kind: 'short', digits }
}

function byName(name: string, { refs }: RefList): string | undefined {
  return refs.get(name) ?? refs.get(`refs/heads/${name}`) ?? refs.get(`refs/tags/${name}`) ?? refs.get(`refs/${name}`)
}

/** Ranges pick among tags; what is a version itself is a plain name. */
function tagOfRange(revision: string, { refs }: RefList): string | undefined {
  if (revision === '' || parseVersion(revision)) return undefined
  const constraint = parseConstraint(revision)
  if (!constraint) return undefined
  const prefix = 'refs/tags/'
  const tags = [...refs.keys()].flatMap((ref) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []))
  const tag = highest(tags, constraint)
  return tag === undefined ? undefined : prefix + tag
}
