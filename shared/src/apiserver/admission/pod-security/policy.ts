import type { FieldError } from '../../strategy.ts'
import { invalid } from '../../validation/field-errors.ts'
import { baselineChecks } from './baseline.ts'
import type { Check, PodLike, Violation } from './check.ts'
import { restrictedChecks } from './restricted.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

/** A level at a version of the policy: a minor version, or the latest. */
export interface LevelVersion {
  readonly level: Level
  readonly version: number | 'latest'
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']
const prefix = 'pod-security.kubernetes.io/'

/** How strict a level is. */
export const rank = (level: Level): number => levels.indexOf(level)

export const printLevel = ({ level, version }: LevelVersion): string =>
  `${level}:${version === 'latest' ? 'latest' : `v1.${version}`}`

export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version

type Labels = Readonly<Record<string, string>> | undefined

/** The policy that a namespace's labels say, with what is wrong with them. Where they cannot be read, the strictest holds. */
export function policyOf(labels: Labels): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = []
  const complain = (key: string, value: string, why: string): void =>
    void errors.push(invalid(`metadata.labels[${key}]`, value, why))
  const read = (mode: 'enforce' | 'audit' | 'warn'): LevelVersion & { readonly says?: boolean } => {
    const key = `${prefix}${mode}`
    const given = labels?.[key]
    const known = levels.find((level) => level === given)
    if (given !== undefined && !known) complain(key, given, `must be one of ${levels.join(', ')}`)
    const unknown = mode === 'enforce' ? 'restricted' : 'privileged'
    const level = given === undefined ? 'privileged' : (known ?? unknown)
    const version = readVersion(labels?.[`${key}-version`], (value) =>
      complain(`${key}-version`, value, 'must be "latest" or "v1.x"'),
    )
    return { level, version, ...(known ? { says: true } : {}) }
  }
  const enforce = read('enforce')
  const audit = read('audit')
  let warn = read('warn')
  // Who enforces without saying of what to warn is warned of the same.
  if (enforce.says && labels?.[`${prefix}warn`] === undefined && rank(enforce.level) > rank(warn.level))
    warn = {
      level: enforce.level,
      version: labels?.[`${prefix}warn-version`] === undefined ? enforce.version : warn.version,
    }
  return { policy: { enforce, audit, warn }, errors }
}

function readVersion(text: string | undefined, complain: (value: string) => void): number | 'latest' {
  if (text === undefined || text === 'latest') return 'latest'
  const [, minor] = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text) ?? []
  if (minor !== undefined) return Number(minor)
  complain(text)
  return 'latest'
}

/** What is wrong with a pod at a level; baseline checks first, each by its id. */
export function evaluate(at: LevelVersion, pod: PodLike): Violation[] {
  if (at.level === 'privileged') return []
  const version = at.version === 'latest' ? Number.POSITIVE_INFINITY : at.version
  const current = (check: Check) => check.versions.findLast(({ since }) => since <= version)
  const restricted = at.level === 'restricted' ? restrictedChecks : []
  const overridden = new Set(restricted.flatMap((check) => current(check)?.overrides ?? []))
  const checks = [...baselineChecks.filter((check) => !overridden.has(check.id)), ...restricted]
  return checks.flatMap((check) => current(check)?.check(pod) ?? [])
}

export const printViolations = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => `${reason}${detail === '' ? '' : ` (${detail})`}`).join(', ')
