import type { ApplicationStatus } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { orderedBy } from '@flotilla/shared/lang/order'
import { isRolling } from './rollout-steps.ts'
import type { ApplicationSet, ApplicationSetCondition } from './types.ts'

/** Why a pass over a set did not end well: what failed, and whether parameters had been made by then. */
export interface Failure {
  readonly reason: string
  readonly message: string
  readonly generated: boolean
}

type Status = NonNullable<ApplicationSet['status']>
type Type = ApplicationSetCondition['type']

const made = 'All applications have been generated successfully'
const generated = 'Successfully generated parameters for all Applications'

/** The status with the conditions and health of a pass that failed, or went well. */
export function withOutcome(set: ApplicationSet, status: Status, failure: Failure | undefined, now: string): Status {
  return withConditions(set, status, outcomeConditions(failure), now)
}

function outcomeConditions(failure: Failure | undefined): ApplicationSetCondition[] {
  if (!failure) {
    const reason = 'ApplicationSetUpToDate'
    return [
      { type: 'ErrorOccurred', status: 'False', reason, message: made },
      { type: 'ParametersGenerated', status: 'True', reason: 'ParametersGenerated', message: generated },
      { type: 'ResourcesUpToDate', status: 'True', reason, message: made },
    ]
  }
  const { reason, message } = failure
  return [
    { type: 'ErrorOccurred', status: 'True', reason, message },
    failure.generated
      ? { type: 'ParametersGenerated', status: 'True', reason: 'ParametersGenerated', message: generated }
      : { type: 'ParametersGenerated', status: 'False', reason: 'ErrorOccurred', message },
    { type: 'ResourcesUpToDate', status: 'False', reason: 'ErrorOccurred', message },
  ]
}

/**
 * The status with these conditions among the others, and the health that follows. Conditions keep their time while they
 * say the same; those of a rollout go with its strategy.
 */
export function withConditions(
  set: ApplicationSet,
  status: Status,
  given: readonly ApplicationSetCondition[],
  now: string,
): Status {
  const before = status.conditions ?? []
  const told = new Set<Type>(given.map(({ type }) => type))
  if (!isRolling(set)) for (const type of ['InvalidRolloutConfig', 'RolloutProgressing'] as const) told.add(type)
  const kept = before.filter(({ type }) => !told.has(type))
  const merged = given.map((condition) => {
    const old = before.find((one) => one.type === condition.type)
    return old && deepEqual({ ...old, lastTransitionTime: undefined }, { ...condition, lastTransitionTime: undefined })
      ? old
      : { ...condition, lastTransitionTime: now }
  })
  const conditions = [...kept, ...merged].toSorted(orderedBy((one) => one.type))
  return { ...status, conditions, health: healthOf(conditions) }
}

function healthOf(conditions: readonly ApplicationSetCondition[]): NonNullable<Status['health']> {
  const holds = (type: Type): ApplicationSetCondition | undefined =>
    conditions.find((one) => one.type === type && one.status === 'True')
  const table = [
    ['ErrorOccurred', 'Degraded'],
    ['RolloutProgressing', 'Progressing'],
    ['ResourcesUpToDate', 'Healthy'],
  ] as const
  for (const [type, status] of table) {
    const condition = holds(type)
    if (condition) return { status, message: condition.message }
  }
  return { status: 'Unknown', message: 'Waiting for health status to be determined' }
}

/** The most rows that a status holds. */
const maxResources = 5000

/** The status with a row for each application of the set. */
export function withResources(status: Status, applications: readonly KubeObject[]): Status {
  const rows = applications.map(row).toSorted(orderedBy((one) => one.name))
  const { resources: _rows, resourcesCount: _count, ...rest } = status
  // Go leaves out what is empty.
  if (rows.length === 0) return rest
  return { ...rest, resources: rows.slice(0, maxResources), resourcesCount: applications.length }
}

function row(application: KubeObject): { name: string; [field: string]: unknown } {
  const status = application['status'] as ApplicationStatus | undefined
  return {
    group: 'argoproj.io',
    version: 'v1alpha1',
    kind: 'Application',
    namespace: application.metadata.namespace,
    name: application.metadata.name ?? '',
    ...(status?.sync?.status ? { status: status.sync.status } : {}),
    ...(status?.health?.status ? { health: { status: status.health.status } } : {}),
  }
}
