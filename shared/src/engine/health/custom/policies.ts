import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, byPhase, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { need, needList } from './strict.ts'

const reported = 'Waiting for the status to be reported'
const outdated = verdict('Progressing', 'Waiting for the status to be updated')

const isCompliant = (value: unknown): 'Healthy' | 'Degraded' =>
  at(value, 'compliant') === 'Compliant' ? 'Healthy' : 'Degraded'

/** What does not comply, by the name of each. */
function named(what: string, all: readonly unknown[], name: (one: unknown) => unknown): string {
  const bad = all.filter((one) => isCompliant(one) === 'Degraded').flatMap((one) => name(one) ?? [])
  return bad.length === 0 ? `All ${what} are compliant` : `NonCompliant ${what}: ${bad.map(asText).join(', ')}`
}

/** A policy of the hub names clusters, its copy on a cluster names templates. */
function policy(object: KubeObject): HealthStatus {
  if (need(2, at(object, 'spec'), 'disabled')) return verdict('Healthy', 'Policy is disabled')
  const status = at(object, 'status')
  if (at(status, 'compliant') === undefined) {
    const placed = list(status, 'placement').length > 0 && at(status, 'status') === undefined
    return placed ? verdict('Healthy', 'No clusters match this policy') : verdict('Progressing', reported)
  }
  const state = isCompliant(status)
  if (at(status, 'status') !== undefined)
    return verdict(
      state,
      named('clusters', needList(38, at(status, 'status')), (one) => at(one, 'clustername')),
    )
  if (at(status, 'details') === undefined) return verdict(state)
  return verdict(
    state,
    named('templates', list(status, 'details'), (one) => need(52, at(one, 'templateMeta'), 'name')),
  )
}

const configuration: CustomRule = (object) => {
  const status = at(object, 'status')
  if (at(status, 'compliant') === undefined) return verdict('Progressing', reported)
  if (at(status, 'lastEvaluatedGeneration') !== object.metadata.generation) return outdated
  if (at(status, 'compliancyDetails') === undefined) return verdict('Progressing', 'Waiting for compliance')
  const told = list(status, 'compliancyDetails')
    .flatMap((one) => conditionsAt(one, ['conditions']))
    .filter((one) => one['message'] !== undefined && one['type'] !== undefined)
    .map((one) => `${asText(one['type'])} - ${asText(one['message'])}`)
  return verdict(isCompliant(status), told.join('; '))
}

const compliant = byConditions({
  passes: [[when('Compliant', 'True', 'Healthy'), { type: 'Compliant', gives: 'Degraded' }]],
  waiting: 'Waiting for the compliance condition',
})

const operator: CustomRule = (object) => {
  if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', reported)
  const observed = at(object, 'status', 'observedGeneration')
  return observed !== undefined && observed !== object.metadata.generation ? outdated : compliant(object)
}

/** Policies of Open Cluster Management. */
export const policyRules: RuleTable = {
  'policy.open-cluster-management.io/CertificatePolicy': byPhase({
    at: ['status', 'compliant'],
    phases: { Compliant: ['Healthy', 'All certificates found comply with the policy'] },
    other: ['Degraded', 'At least once certificate does not comply with the policy'],
    none: ['Progressing', reported],
  }),
  'policy.open-cluster-management.io/ConfigurationPolicy': configuration,
  'policy.open-cluster-management.io/OperatorPolicy': operator,
  'policy.open-cluster-management.io/Policy': policy,
}
