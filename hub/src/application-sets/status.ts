import type { ApplicationStatus } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ApplicationSet, ApplicationSetCondition } from './types.ts'

/** How a pass over a set ended: all well, or what failed and where. */
export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly stage: 'generate' | 'apply'; readonly reason: string; readonly message: string }

const made = 'All applications have been generated successfully'
const generated = 'Successfully generated parameters for all Applications'

function conditionsOf(outcome: Outcome): ApplicationSetCondition[] {
  if (outcome.ok) {
    return [
      { type: 'ErrorOccurred', status: 'False', reason: 'ApplicationSetUpToDate', message: made },
      { type: 'ParametersGenerated', status: 'True', reason: 'ParametersGenerated', message: generated },
      { type: 'ResourcesUpToDate', status: 'True', reason: 'ApplicationSetUpToDate', message: made },
    ]
  }
  const { reason, message } = outcome
  return [
    { type: 'ErrorOccurred', status: 'True', reason, message },
    outcome.stage === 'generate'
      ? { type: 'ParametersGenerated', status: 'False', reason: 'ErrorOccurred', message }
      : { type: 'ParametersGenerated', status: 'True', reason: 'ParametersGenerated', message: generated },
    { type: 'ResourcesUpToDate', status: 'False', reason: 'ErrorOccurred', message },
  ]
}

/** The status that a set should have; conditions keep their time while they say the same. */
export function statusOf(
  set: ApplicationSet,
  outcome: Outcome,
  applications: readonly KubeObject[],
  now: string,
): NonNullable<ApplicationSet['status']> {
  const before = set.status?.conditions ?? []
  const conditions = conditionsOf(outcome).map((condition) => {
    const old = before.find((one) => one.type === condition.type)
    const same =
      old && old.status === condition.status && old.reason === condition.reason && old.message === condition.message
    return { ...condition, lastTransitionTime: (same ? old.lastTransitionTime : undefined) ?? now }
  })
  const health = outcome.ok ? { status: 'Healthy', message: made } : { status: 'Degraded', message: outcome.message }
  const oldHealth = set.status?.health
  // Where nothing could be made and nothing is there, Argo CD has not looked at resources yet.
  const unlooked = !outcome.ok && applications.length === 0 && set.status?.resources === undefined
  return {
    ...set.status,
    conditions,
    health: {
      ...health,
      lastTransitionTime: (oldHealth?.status === health.status ? oldHealth.lastTransitionTime : undefined) ?? now,
    },
    ...(unlooked
      ? {}
      : {
          resources: applications.map(row).toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
          resourcesCount: applications.length,
        }),
  }
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
