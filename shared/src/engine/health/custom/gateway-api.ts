import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list } from '../fields.ts'
import { verdict } from '../verdict.ts'
import {
  asText,
  byConditions,
  conditionsAt,
  isCurrent,
  when,
  type Condition,
  type CustomRule,
  type RuleTable,
} from './rules.ts'
import { join, need, needList } from './strict.ts'

/** What stands in the way: references that lead nowhere, a refusal, or a data plane that is not there yet. */
function obstacle(conditions: readonly Condition[], thing: string): HealthStatus | undefined {
  const failed = refusal(conditions)
  if (failed) return verdict('Degraded', asText(failed.condition['message'] ?? `Failed condition: ${failed.type}`))
  const waiting = conditions.find((one) => one['type'] === 'Programmed' && one['status'] !== 'True')
  return waiting && verdict('Progressing', asText(waiting['message'] ?? `${thing} is still being programmed`))
}

function refusal(
  conditions: readonly Condition[],
): { readonly type: string; readonly condition: Condition } | undefined {
  for (const type of ['ResolvedRefs', 'Accepted']) {
    const condition = conditions.find((one) => one['type'] === type && one['status'] === 'False')
    if (condition) return { type, condition }
  }
  return undefined
}

function prefixed(prefix: string, found: HealthStatus): HealthStatus {
  return verdict(found.status, `${prefix}: ${found.message ?? ''}`)
}

const gateway: CustomRule = (object) => {
  const own = obstacle(conditionsAt(object), 'Gateway')
  if (own) return own
  const listeners = list(object, 'status', 'listeners')
  for (const listener of listeners) {
    const found = obstacle(conditionsAt(listener, ['conditions']), 'Listener')
    if (found) return prefixed('Listener', found)
  }
  const reported = at(object, 'status', 'conditions') !== undefined || listeners.length > 0
  return reported ? verdict('Healthy', 'Gateway is healthy') : verdict('Progressing', 'Waiting for Gateway status')
}

/** Where Argo CD's rules stop for a parent without a name: at an unresolved reference, a refusal, a route that waits. */
interface RouteLines {
  readonly refused: Readonly<Record<string, number>>
  readonly waiting: number
}

/** A route has a report from each parent; `current`: reports on older generations do not count. */
function route(kind: string, current: boolean, lines: RouteLines): CustomRule {
  return (object) => {
    const parents = list(object, 'status', 'parents').filter((parent) => !current || isReportCurrent(parent, object))
    for (const parent of parents) {
      const all = conditionsAt(parent, ['conditions'])
      const found = obstacle(all, 'Route')
      if (!found) continue
      const line = found.status === 'Degraded' ? lines.refused[refusal(all)?.type ?? ''] : lines.waiting
      return prefixed(`Parent ${asText(need(line ?? 0, at(parent, 'parentRef'), 'name'))}`, found)
    }
    return parents.some((parent) => conditionsAt(parent, ['conditions']).length > 0)
      ? verdict('Healthy', `${kind} is healthy`)
      : verdict('Progressing', `Waiting for ${kind} status`)
  }
}

function isReportCurrent(parent: unknown, object: KubeObject): boolean {
  return conditionsAt(parent, ['conditions']).every((condition) => isCurrent(condition, object))
}

/** Where Argo CD's rule for policies stops if a report is incomplete. */
interface PolicyLines {
  readonly generations: number
  readonly late: number
  readonly conditions: number
  readonly accepted: number
  readonly resolved: number
}

const nameOf = (line: number, ancestor: unknown): string => asText(need(line, at(ancestor, 'ancestorRef'), 'name'))

/** Whether a report is on another generation; `strict`: one that names none is, too. */
function isLate({ observedGeneration }: Condition, object: KubeObject, strict: boolean): boolean {
  return observedGeneration === undefined ? strict : observedGeneration !== object.metadata.generation
}

/** A policy has a report from each ancestor; `strict`: each must have accepted it, and say on which generation. */
function policy(kind: string, object: KubeObject, strict: boolean, lines: PolicyLines): HealthStatus {
  const ancestors = list(object, 'status', 'ancestors')
  for (const ancestor of object.metadata.generation === undefined ? [] : ancestors) {
    needList(lines.generations, at(ancestor, 'conditions'))
    if (conditionsAt(ancestor, ['conditions']).some((one) => isLate(one, object, strict)))
      return verdict('Progressing', `Waiting for Ancestor ${nameOf(lines.late, ancestor)} to update ${kind} status`)
  }
  let found = verdict('Progressing', `Waiting for ${kind} status`)
  for (const ancestor of ancestors) {
    needList(lines.conditions, at(ancestor, 'conditions'))
    const all = conditionsAt(ancestor, ['conditions'])
    for (const { type, status, message } of all) {
      if (type !== 'Accepted' && type !== 'ResolvedRefs') continue
      const line = type === 'Accepted' ? lines.accepted : lines.resolved
      if (status !== 'True') return verdict('Degraded', join(line, 'Ancestor ', nameOf(line, ancestor), ': ', message))
      if (type === 'Accepted') found = verdict('Healthy', `${kind} is healthy`)
    }
    // The last ancestor's word counts.
    if (strict && !all.some((one) => one['type'] === 'Accepted'))
      found = verdict('Degraded', `Ancestor ${nameOf(48, ancestor)}: ${kind} is not accepted`)
  }
  return found
}

const backendLines = { generations: 9, late: 12, conditions: 21, accepted: 25, resolved: 36 }
const airlockLines = { generations: 14, late: 16, conditions: 25, accepted: 30, resolved: 41 }

// Of this group only policies report to ancestors; the rest is configuration that is read where it is used.
const microgateway: CustomRule = (object) => {
  const { kind } = object
  return kind.endsWith('Policy') ? policy(kind, object, true, airlockLines) : verdict('Healthy', `${kind} is healthy`)
}

const waitingClass = 'Waiting for GatewayClass status'

/** Gateway API. */
export const gatewayApiRules: RuleTable = {
  'microgateway.airlock.com/*': microgateway,
  'gateway.networking.k8s.io/GatewayClass': byConditions({
    current: true,
    passes: [
      [
        when('Accepted', 'True', 'Healthy', (one) => one['message'] ?? 'GatewayClass is accepted'),
        when('Accepted', 'False', 'Degraded', (one) => one['message'] ?? 'GatewayClass is not accepted'),
        { type: 'Accepted', gives: 'Progressing', say: (one) => one['message'] ?? waitingClass },
      ],
    ],
    waiting: waitingClass,
  }),
  'gateway.networking.k8s.io/Gateway': gateway,
  'gateway.networking.k8s.io/HTTPRoute': route('HTTPRoute', true, {
    refused: { ResolvedRefs: 50, Accepted: 56 },
    waiting: 73,
  }),
  'gateway.networking.k8s.io/GRPCRoute': route('GRPCRoute', false, {
    refused: { ResolvedRefs: 21, Accepted: 27 },
    waiting: 44,
  }),
  'gateway.networking.k8s.io/BackendTLSPolicy': (object) => policy('BackendTLSPolicy', object, false, backendLines),
}
