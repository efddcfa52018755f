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

/** What stands in the way: references that lead nowhere, a refusal, or a data plane that is not there yet. */
function obstacle(conditions: readonly Condition[], thing: string): HealthStatus | undefined {
  for (const type of ['ResolvedRefs', 'Accepted']) {
    const failed = conditions.find((one) => one['type'] === type && one['status'] === 'False')
    if (failed) return verdict('Degraded', asText(failed['message'] ?? `Failed condition: ${type}`))
  }
  const waiting = conditions.find((one) => one['type'] === 'Programmed' && one['status'] !== 'True')
  return waiting && verdict('Progressing', asText(waiting['message'] ?? `${thing} is still being programmed`))
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

/** A route has a report from each parent; `current`: reports on older generations do not count. */
function route(kind: string, current: boolean): CustomRule {
  return (object) => {
    const parents = list(object, 'status', 'parents').filter((parent) => !current || isReportCurrent(parent, object))
    for (const parent of parents) {
      const found = obstacle(conditionsAt(parent, ['conditions']), 'Route')
      if (found) return prefixed(`Parent ${asText(at(parent, 'parentRef', 'name'))}`, found)
    }
    return parents.some((parent) => conditionsAt(parent, ['conditions']).length > 0)
      ? verdict('Healthy', `${kind} is healthy`)
      : verdict('Progressing', `Waiting for ${kind} status`)
  }
}

function isReportCurrent(parent: unknown, object: KubeObject): boolean {
  return conditionsAt(parent, ['conditions']).every((condition) => isCurrent(condition, object))
}

const backendTlsPolicy: CustomRule = (object) => {
  const ancestors = list(object, 'status', 'ancestors')
  const late = ancestors.find((one) => !isReportCurrent(one, object))
  if (late) {
    return verdict('Progressing', `Waiting for Ancestor ${nameOf(late)} to update BackendTLSPolicy status`)
  }
  let accepted = false
  for (const ancestor of ancestors) {
    for (const condition of conditionsAt(ancestor, ['conditions'])) {
      if (condition['type'] !== 'Accepted' && condition['type'] !== 'ResolvedRefs') continue
      if (condition['status'] !== 'True') {
        return verdict('Degraded', `Ancestor ${nameOf(ancestor)}: ${asText(condition['message'])}`)
      }
      accepted ||= condition['type'] === 'Accepted'
    }
  }
  return accepted
    ? verdict('Healthy', 'BackendTLSPolicy is healthy')
    : verdict('Progressing', 'Waiting for BackendTLSPolicy status')
}

function nameOf(ancestor: unknown): string {
  return asText(at(ancestor, 'ancestorRef', 'name'))
}

// Of this group only policies report to ancestors; the rest is configuration that is read where it is used.
const microgateway: CustomRule = (object) => {
  const { kind } = object
  if (!kind.endsWith('Policy')) return verdict('Healthy', `${kind} is healthy`)
  const ancestors = list(object, 'status', 'ancestors')
  const late = ancestors.find((one) =>
    conditionsAt(one, ['conditions']).some(
      ({ observedGeneration }) =>
        object.metadata.generation !== undefined && observedGeneration !== object.metadata.generation,
    ),
  )
  if (late) return verdict('Progressing', `Waiting for Ancestor ${nameOf(late)} to update ${kind} status`)
  let refused: HealthStatus | undefined
  for (const ancestor of ancestors) {
    const all = conditionsAt(ancestor, ['conditions'])
    const bad = all.find(({ type, status }) => (type === 'Accepted' || type === 'ResolvedRefs') && status !== 'True')
    if (bad) return verdict('Degraded', `Ancestor ${nameOf(ancestor)}: ${asText(bad['message'])}`)
    if (!all.some(({ type }) => type === 'Accepted')) {
      refused ??= verdict('Degraded', `Ancestor ${nameOf(ancestor)}: ${kind} is not accepted`)
    }
  }
  if (refused) return refused
  return ancestors.length > 0
    ? verdict('Healthy', `${kind} is healthy`)
    : verdict('Progressing', `Waiting for ${kind} status`)
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
  'gateway.networking.k8s.io/HTTPRoute': route('HTTPRoute', true),
  'gateway.networking.k8s.io/GRPCRoute': route('GRPCRoute', false),
  'gateway.networking.k8s.io/BackendTLSPolicy': backendTlsPolicy,
}
