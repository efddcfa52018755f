import { globMatch } from '@flotilla/shared/lang/glob'

interface Rule {
  readonly subject: string
  readonly resource: string
  readonly action: string
  readonly object: string
  readonly allow: boolean
}

/** Who may do what: Argo CD's built-in roles, argocd-rbac-cm, and nothing that neither of them allows. */
export interface Policy {
  allows(subject: string, groups: readonly string[], resource: string, action: string, object: string): boolean
}

/** Reads `policy.csv` and every `policy.<name>.csv`. */
export function parsePolicy(rbac: Readonly<Record<string, string>>): Policy {
  const rules: Rule[] = [
    { subject: 'role:admin', resource: '*', action: '*', object: '*', allow: true },
    { subject: 'role:readonly', resource: '*', action: 'get', object: '*', allow: true },
  ]
  const roles = new Map<string, string[]>([['admin', ['role:admin']]])
  for (const [key, text] of Object.entries(rbac)) {
    if (!/^policy\.(.+\.)?csv$/.test(key)) continue
    for (const line of text.split('\n')) {
      const fields = line.split(',').map((field) => field.trim())
      const [kind, subject = '', second = '', action = '', object = '', effect = 'allow'] = fields
      if (kind === 'g') roles.set(subject, [...(roles.get(subject) ?? []), second])
      if (kind === 'p') rules.push({ subject, resource: second, action, object, allow: effect === 'allow' })
    }
  }
  const fallback = rbac['policy.default']
  const subjectsOf = (names: readonly string[]): Set<string> => {
    const found = new Set(names)
    for (const name of found) for (const role of roles.get(name) ?? []) found.add(role)
    return found
  }
  const decide = (subjects: ReadonlySet<string>, resource: string, action: string, object: string): boolean => {
    const hits = rules.filter(
      (rule) =>
        subjects.has(rule.subject) &&
        globMatch(rule.resource, resource) &&
        globMatch(rule.action, action) &&
        globMatch(rule.object, object),
    )
    return hits.some((rule) => rule.allow) && hits.every((rule) => rule.allow)
  }
  return {
    allows(subject, groups, resource, action, object) {
      // As with Argo CD, what the default role allows no rule can take away.
      if (fallback && decide(subjectsOf([fallback]), resource, action, object)) return true
      return decide(subjectsOf([subject, ...groups]), resource, action, object)
    },
  }
}
