import { globMatch } from '@flotilla/shared/lang/glob'
import { goRegexp, type GoRegexp } from '@flotilla/shared/lang/go-regexp'
import { builtinPolicy } from './builtin.ts'
import { policyLines } from './csv.ts'

interface Rule {
  readonly subject: string
  readonly resource: string
  readonly action: string
  readonly object: string
  readonly effect: string
}

/** Who may do what: Argo CD's built-in roles, argocd-rbac-cm, what a project adds, and nothing that none of them allows. */
export interface Policy {
  /** Whether a subject may, by a rule of its own, of a role it has, or of the default role. */
  allows(subject: string, resource: string, action: string, object: string): boolean
  /** Whether some rule gives the subject a role. */
  isGrouped(subject: string): boolean
}

/** Reads `policy.csv` and every `policy.<name>.csv`, and the lines that a project adds. Unreadable lines are left out. */
export function parsePolicy(rbac: Readonly<Record<string, string>>, project = ''): Policy {
  const texts = [builtinPolicy, userPolicy(rbac), project]
  const rules: Rule[] = []
  const roles = new Map<string, string[]>()
  for (const fields of texts.flatMap((text) => policyLines(text).lines)) {
    const [kind, subject = '', second = '', action = '', object = '', effect = ''] = fields
    if (kind === 'g') roles.set(subject, [...(roles.get(subject) ?? []), second])
    else if (kind === 'p') rules.push({ subject, resource: second, action, object, effect })
  }
  const matches = rbac['policy.matchMode'] === 'regex' ? regexMatcher() : globMatch
  const fallback = rbac['policy.default'] ?? ''
  const decide = (subject: string, resource: string, action: string, object: string): boolean => {
    const subjects = new Set([subject])
    for (const each of subjects) for (const role of roles.get(each) ?? []) subjects.add(role)
    const hits = rules.filter(
      (rule) =>
        subjects.has(rule.subject) &&
        matches(rule.resource, resource) &&
        matches(rule.action, action) &&
        matches(rule.object, object),
    )
    return hits.some(({ effect }) => effect === 'allow') && !hits.some(({ effect }) => effect === 'deny')
  }
  return {
    allows(subject, resource, action, object) {
      // As with Argo CD, what the default role allows no rule can take away.
      if (fallback !== '' && decide(fallback, resource, action, object)) return true
      return decide(subject, resource, action, object)
    },
    isGrouped: (subject) => roles.has(subject),
  }
}

/** The policy of argocd-rbac-cm: its main part first, the others in the order of their names. */
export function userPolicy(rbac: Readonly<Record<string, string>>): string {
  const others = Object.keys(rbac).filter((key) => /^policy\..+\.csv$/.test(key))
  return [rbac['policy.csv'] ?? '', ...others.toSorted().map((key) => rbac[key] ?? '')].join('\n')
}

/** Not anchored: an expression finds what it matches anywhere. One that is none matches nothing. */
function regexMatcher(): (pattern: string, value: string) => boolean {
  const compiled = new Map<string, GoRegexp | undefined>()
  return (pattern, value) => {
    if (!compiled.has(pattern))
      compiled.set(
        pattern,
        attempt(() => goRegexp(pattern)),
      )
    return compiled.get(pattern)?.test(value) ?? false
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
