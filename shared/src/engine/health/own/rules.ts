import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { asText, conditionsAt, type Condition } from '../custom/rules.ts'
import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'

// These rules are careful: `Degraded` is only what a controller itself calls a failure, or has given up on. What is not
// ready is taken for not ready yet, and what does not speak of its state at all has no verdict.

/** How one kind is judged; undefined: nothing can be said. */
export type OwnRule = (object: KubeObject) => HealthStatus | undefined

/** Rules by `group/Kind`; `*` as kind, or in a group, stands for all others. */
export type OwnTable = Readonly<Record<string, OwnRule>>

/** Which conditions that are not true are failures. */
export type Fails = boolean | readonly string[] | ((condition: Condition, object: KubeObject) => boolean)

export interface ByOne {
  /** The condition that says it; `Ready` where absent. */
  readonly type?: string
  /** When `False` means that it failed: always, never (where absent), for some reasons, or as a function has it. */
  readonly fails?: Fails
  /** Without the condition there is no verdict, as its controller does not always write one. */
  readonly silent?: boolean
  /** Where the conditions stand; `status.conditions` where absent. */
  readonly at?: readonly string[]
}

/** One condition says it all: true is Healthy, a failure is Degraded, all else is Progressing. */
export function byOne({ type = 'Ready', fails = false, silent = false, at: path }: ByOne = {}): OwnRule {
  return (object) => {
    const found = conditionsAt(object, path).findLast((one) => one['type'] === type)
    if (!found) return silent ? undefined : waitingFor(object)
    if (isOld(found, object)) return unobserved()
    if (found['status'] === 'True') return verdict('Healthy', asText(found['message']))
    const failed = found['status'] === 'False' && isFailure(fails, found, object)
    return verdict(failed ? 'Degraded' : 'Progressing', words(found))
  }
}

function isFailure(fails: Fails, condition: Condition, object: KubeObject): boolean {
  if (typeof fails === 'boolean') return fails
  return typeof fails === 'function' ? fails(condition, object) : fails.includes(asText(condition['reason']))
}

/** What it means that a condition is true. */
export type Meaning = readonly [type: string, status: HealthStatusCode]

/** The first of some conditions that is true decides, in the order given; none of them: no verdict. */
export function ifTrue(...meanings: readonly Meaning[]): OwnRule {
  return (object) => {
    const all = conditionsAt(object)
    for (const [type, status] of meanings) {
      const found = all.findLast((one) => one['type'] === type && one['status'] === 'True')
      if (found) return isOld(found, object) ? unobserved() : verdict(status, words(found))
    }
    return undefined
  }
}

/** As {@link ifTrue}, but with none of them it is Progressing. */
export function byTrue(...meanings: readonly Meaning[]): OwnRule {
  const given = ifTrue(...meanings)
  return (object) => {
    const found = given(object)
    if (found) return found
    const last = conditionsAt(object).findLast((one) => meanings.some(([type]) => type === one['type']))
    return last ? verdict('Progressing', words(last)) : waitingFor(object)
  }
}

/** What runs once: it is over, has failed, is suspended, or is still at it. */
export function byEnd(
  ends: { readonly good: readonly string[]; readonly bad: readonly string[] },
  suspend: readonly string[] = ['spec', 'suspend'],
): OwnRule {
  const given = (types: readonly string[], status: HealthStatusCode): Meaning[] => types.map((one) => [one, status])
  return firstOf(
    ifTrue(...given(ends.bad, 'Degraded'), ...given(ends.good, 'Healthy')),
    unless(suspend, 'Suspended by its definition', ifTrue(['Suspended', 'Suspended'])),
    (object) => {
      const now = conditionsAt(object).findLast((one) => one['status'] === 'True')
      return now ? verdict('Progressing', words(now)) : waitingFor(object)
    },
  )
}

export interface ByWord {
  /** Where the word stands. */
  readonly at: readonly string[]
  readonly healthy: readonly string[]
  readonly degraded?: readonly string[]
  readonly suspended?: readonly string[]
  /** Where a reason may stand, asked in order. */
  readonly why?: readonly (readonly string[])[]
  /** Without the word there is no verdict. */
  readonly silent?: boolean
}

/** One word says it all; any other word is Progressing. */
export function byWord(rule: ByWord): OwnRule {
  return (object) => {
    const word = asText(at(object, ...rule.at))
    if (word === '') return rule.silent ? undefined : waitingFor(object)
    const has = (list: readonly string[] | undefined): boolean => list?.includes(word) ?? false
    const status = has(rule.healthy)
      ? 'Healthy'
      : has(rule.degraded)
        ? 'Degraded'
        : has(rule.suspended)
          ? 'Suspended'
          : 'Progressing'
    const why = (rule.why ?? []).map((path) => listed(at(object, ...path))).find((text) => text !== '')
    return verdict(status, why ?? `${object.kind} is ${word}`)
  }
}

/** Operators that tell of themselves by `Degraded`, `Progressing` and `Available`. */
export const byAvailable: OwnRule = byTrue(
  ['Degraded', 'Degraded'],
  ['Failing', 'Degraded'],
  ['Progressing', 'Progressing'],
  ['Available', 'Healthy'],
)

/** Is asked only where a field is not true. */
export function unless(path: readonly string[], say: string, rule: OwnRule): OwnRule {
  return (object) => (isSet(at(object, ...path)) ? verdict('Suspended', say) : rule(object))
}

function isSet(value: unknown): boolean {
  return value === true || value === 'true'
}

/** The first of some rules that has a verdict. */
export function firstOf(...rules: readonly OwnRule[]): OwnRule {
  return (object) => {
    for (const rule of rules) {
      const found = rule(object)
      if (found) return found
    }
    return undefined
  }
}

/** So many are ready of so many that are wanted. */
export function byCount(wanted: (object: KubeObject) => number, ready: readonly string[]): OwnRule {
  return (object) => {
    if (at(object, 'status') === undefined) return waitingFor(object)
    const [want, have] = [wanted(object), number(at(object, ...ready)) ?? 0]
    const share = `${have} of ${want} ready`
    return have >= want ? verdict('Healthy', share) : verdict('Progressing', share)
  }
}

/** A number at a place; undefined where there is none. */
export function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Nothing has been said yet. */
export function waitingFor({ kind }: KubeObject): HealthStatus {
  return verdict('Progressing', `Waiting for the status of the ${kind}`)
}

/** What is said is about an older generation. */
export function unobserved(): HealthStatus {
  return verdict('Progressing', 'Waiting for the latest change to be observed')
}

/** Whether something that names a generation means an older one. */
export function isOld(from: unknown, { metadata: { generation } }: KubeObject): boolean {
  const observed = number(at(from, 'observedGeneration'))
  return observed !== undefined && generation !== undefined && observed < generation
}

/** What a condition says: its message, else its reason, else its type. */
export function words(condition: Condition): string {
  return asText(condition['message']) || asText(condition['reason']) || asText(condition['type'])
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.map(asText).join('; ') : asText(value)
}
