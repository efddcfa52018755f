import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list } from '../fields.ts'
import { verdict } from '../verdict.ts'

/** How one kind of custom resource is judged. */
export type CustomRule = (object: KubeObject) => HealthStatus

/** Rules by `group/Kind`; a `*` in a group stands for anything, as kind for all kinds. */
export type RuleTable = Readonly<Record<string, CustomRule>>

/** A condition as it stands in a status, where any field may be missing. */
export type Condition = Readonly<Record<string, unknown>>

/** What a rule says: a text, or one made from the condition it is about. */
export type Say = string | ((condition: Condition, object: KubeObject) => unknown)

/** One thing to look for in a condition, and the verdict where it is found. */
export interface Step {
  /** A type or several; absent: any. */
  readonly type?: string | readonly string[]
  /** `!True` is anything but `True`; absent: any. */
  readonly status?: string
  /** `!X` is anything but `X`; absent: any. */
  readonly reason?: string | readonly string[]
  readonly message?: string
  readonly gives: HealthStatusCode
  /** The condition's own message where absent. */
  readonly say?: Say
}

/** Shorthand for a {@link Step}. */
export function when(type: Step['type'], status: string, gives: HealthStatusCode, say?: Say): Step {
  return { ...(type === undefined ? {} : { type }), status, gives, ...(say === undefined ? {} : { say }) }
}

export interface ByConditions {
  /** Conditions are gone through once for each pass; the first step that fits decides. */
  readonly passes: readonly (readonly Step[])[]
  /** What is said while no condition decides. */
  readonly waiting: string
  /** The verdict while no condition decides; `Progressing` where absent. */
  readonly otherwise?: HealthStatusCode
  /** Where the conditions stand; `status.conditions` where absent. */
  readonly at?: readonly string[]
  /** Conditions of an older generation do not count. */
  readonly current?: boolean
  /** Nothing is believed before `status.observedGeneration` has caught up; this is said until then. */
  readonly observed?: string
}

/** Judges by the first condition that fits. */
export function byConditions(rule: ByConditions): CustomRule {
  return (object) => {
    if (rule.observed !== undefined && isStale(object)) return verdict('Progressing', rule.observed)
    const all = conditionsAt(object, rule.at).filter((one) => !rule.current || isCurrent(one, object))
    for (const steps of rule.passes) {
      for (const condition of all) {
        const step = steps.find((one) => fits(one, condition))
        if (step) return verdict(step.gives, said(step.say, condition, object))
      }
    }
    return verdict(rule.otherwise ?? 'Progressing', rule.waiting)
  }
}

/** The commonest rule of all: `Ready` is true, false, or not there yet. */
export function byReady(waiting: string, options: { type?: string; healthy?: Say; degraded?: Say } = {}): CustomRule {
  const { type = 'Ready', healthy, degraded } = options
  return byConditions({
    passes: [[when(type, 'False', 'Degraded', degraded), when(type, 'True', 'Healthy', healthy)]],
    waiting,
  })
}

export interface ByPhase {
  /** Where the phase stands. */
  readonly at: readonly string[]
  /** What each phase means, and what is said. */
  readonly phases: Readonly<Record<string, readonly [HealthStatusCode, Phrase?]>>
  /** Any other phase. */
  readonly other?: readonly [HealthStatusCode, Phrase?]
  /** No phase at all. */
  readonly none: readonly [HealthStatusCode, Phrase?]
}

/** What is said of a phase: a text, or one made from it; nothing where absent. */
export type Phrase = string | ((phase: string, object: KubeObject) => unknown)

/** Judges by one word in the status. */
export function byPhase(rule: ByPhase): CustomRule {
  return (object) => {
    const value = at(object, ...rule.at)
    const phase = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
    const known = phase !== undefined && Object.hasOwn(rule.phases, phase) ? rule.phases[phase] : undefined
    const [status, phrase] = known ?? (phase === undefined ? rule.none : (rule.other ?? rule.none))
    return verdict(status, asText(typeof phrase === 'function' ? phrase(phase ?? '', object) : phrase))
  }
}

/** Asks `first` only where a field is true: a thing that is paused by its owner is Suspended, whatever its status says. */
export function suspendedBy(
  path: readonly string[],
  say: (object: KubeObject) => string,
  rule: CustomRule,
): CustomRule {
  return (object) => (at(object, ...path) === true ? verdict('Suspended', say(object)) : rule(object))
}

/** The conditions of an object, or of a place in it; items that are no objects are left out. */
export function conditionsAt(
  object: unknown,
  path: readonly string[] = ['status', 'conditions'],
): readonly Condition[] {
  return list(object, ...path).filter((one): one is Condition => typeof one === 'object' && one !== null)
}

/** A condition is current unless it names another generation than the object's. */
export function isCurrent(condition: Condition, object: KubeObject): boolean {
  const { generation } = object.metadata
  const observed = condition['observedGeneration']
  return generation === undefined || observed === undefined || observed === generation
}

function isStale(object: KubeObject): boolean {
  const observed = at(object, 'status', 'observedGeneration')
  return observed !== undefined && object.metadata.generation !== undefined && observed !== object.metadata.generation
}

function fits({ type, status, reason, message }: Step, condition: Condition): boolean {
  return (
    accepts(type, condition['type']) &&
    accepts(status, condition['status']) &&
    accepts(reason, condition['reason']) &&
    accepts(message, condition['message'])
  )
}

function accepts(wanted: string | readonly string[] | undefined, value: unknown): boolean {
  if (wanted === undefined) return true
  if (typeof wanted !== 'string') return typeof value === 'string' && wanted.includes(value)
  return wanted.startsWith('!') ? value !== wanted.slice(1) : value === wanted
}

function said(say: Say | undefined, condition: Condition, object: KubeObject): string {
  if (say === undefined) return asText(condition['message'])
  return typeof say === 'string' ? say : asText(say(condition, object))
}

/** A value of a status as part of a message; what is absent says nothing. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
