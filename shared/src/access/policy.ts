import { globMatch } from '../lang/glob.ts'
import { goRegexp, type GoRegexp } from '../lang/go-regexp.ts'
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

export interface PolicyOptions {
  /** Lines that a project adds. */
  readonly project?: string
  /** Whether Argo CD's own roles exist (default: yes). */
  readonly builtin?: boolean
  /** The role of everybody, in place of `policy.default`. */
  readonly defaultRole?: string
}

/** Roles of roles are followed so far, and no further. */
const deepest = 10

/**
 * Reads `policy.csv` and every `policy.<name>.csv`, and the lines that a project adds. A part with a line that cannot be
 * read counts for nothing as a whole: the line might have been a denial.
 */
export function parsePolicy(rbac: Readonly<Record<string, string>>, options: PolicyOptions = {}): Policy {
  const builtin = (options.builtin ?? true) ? builtinPolicy : ''
  const rules: Rule[] = []
  const roles = new Map<string, string[]>()
  for (const fields of [builtin, userPolicy(rbac), options.project ?? ''].flatMap(readable)) {
    const [kind, subject = '', second = '', action = '', object = '', effect = ''] = fields
    if (kind === 'g') roles.set(subject, [...(roles.get(subject) ?? []), second])
    else if (kind === 'p') rules.push({ subject, resource: second, action, object, effect })
  }
  const matches = rbac['policy.matchMode'] === 'regex' ? regexMatcher() : globMatch
  const fallback = options.defaultRole ?? rbac['policy.default'] ?? ''
  const decide = (subject: string, resource: string, action: string, object: string): boolean => {
    const subjects = rolesOf(subject, roles)
    let allowed = false
    for (const rule of rules) {
      if (!subjects.has(rule.subject)) continue
      const asked = [rule.resource, resource, rule.action, action, rule.object, object] as const
      const hit = applies(asked, matches)
      // A rule that cannot be understood might be a denial.
      if (hit === undefined || (hit && rule.effect === 'deny')) return false
      if (hit && rule.effect === 'allow') allowed = true
    }
    return allowed
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
  const others = Object.keys(rbac).filter((key) => /^policy\..*\.csv$/s.test(key))
  return [rbac['policy.csv'] ?? '', ...others.toSorted().map((key) => rbac[key] ?? '')].join('\n')
}

function readable(text: string): readonly string[][] {
  const { lines, broken } = policyLines(text)
  return broken.length > 0 ? [] : lines
}

/** A subject, the roles it has, and the roles of those. */
function rolesOf(subject: string, roles: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const all = new Set([subject])
  let last = [subject]
  for (let depth = 0; depth < deepest && last.length > 0; depth++) {
    last = last.flatMap((each) => roles.get(each) ?? []).filter((role) => !all.has(role))
    for (const role of last) all.add(role)
  }
  return all
}

type Matcher = (pattern: string, value: string) => boolean | undefined

/** Whether resource, action and object match; the first that does not settles it, and undefined is a pattern that is none. */
function applies(
  [rule, resource, ruleAction, action, ruleObject, object]: readonly [string, string, string, string, string, string],
  matches: Matcher,
): boolean | undefined {
  for (const [pattern, value] of [[rule, resource] as const, [ruleAction, action], [ruleObject, object]] as const) {
    const hit = matches(pattern, value)
    if (hit !== true) return hit
  }
  return true
}

/** Not anchored: an expression finds what it matches anywhere. */
function regexMatcher(): Matcher {
  const compiled = new Map<string, GoRegexp | undefined>()
  return (pattern, value) => {
    if (!compiled.has(pattern))
      compiled.set(
        pattern,
        attempt(() => goRegexp(pattern)),
      )
    return compiled.get(pattern)?.test(value)
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
