import { sourcesOf, type Application, type Operation } from '@flotilla/shared/argo/application'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { RolloutApp } from './rollout.ts'
import { normalizedSpec } from './spec.ts'
import type { RolloutStatus } from './types.ts'

/** What tells the operation that an application has now from the next one. */
export function operationMark(app: Application): string {
  const state = app.status?.operationState
  return state ? `${state.startedAt} ${state.finishedAt ?? running}` : ''
}

const running = 'running'

/** What a rollout looks at of an application; undefined while nobody has compared it yet. */
export function observed(
  app: Application,
  specChanged: boolean,
  before: RolloutStatus | undefined,
  /** The mark of its operation when the rollout asked for one; unknown after a restart. */
  mark: string | undefined,
): RolloutApp | undefined {
  const { status } = app
  const sync = status?.sync
  if (!status || !sync?.status) return undefined
  const errors = ['InvalidSpecError', 'UnknownError']
  return {
    name: app.metadata.name ?? '',
    revisions: sync.revisions?.length ? sync.revisions : sync.revision ? [sync.revision] : [],
    sync: sync.status,
    health: status.health?.status ?? '',
    specChanged,
    stale: isStale(app),
    broken: (status.conditions ?? []).some(({ type }) => errors.includes(type)),
    begun: begunPhase(app, before, mark),
  }
}

/** Whether the comparison was of other sources than the application has by now. */
function isStale(app: Application): boolean {
  const compared = app.status?.sync?.comparedTo
  if (!compared) return false
  const spec = normalizedSpec(app.spec)
  const then = normalizedSpec({ ...compared, project: spec.project } as Application['spec'])
  return !deepEqual(sourcesOf(then), sourcesOf(spec)) || !deepEqual(compared.destination ?? {}, spec.destination ?? {})
}

/** Marks tell for sure; times have whole seconds, and may be another machine's. */
function begunPhase(app: Application, before: RolloutStatus | undefined, mark: string | undefined): string | undefined {
  const state = app.status?.operationState
  if (!state) return undefined
  if (mark === undefined) {
    return Date.parse(state.startedAt) > Date.parse(before?.lastTransitionTime ?? '') ? state.phase : undefined
  }
  // What ran when the rollout asked has only come to its end.
  const same = mark === `${state.startedAt} ${running}` || mark === operationMark(app)
  return same ? undefined : state.phase
}

/** The operation by which a rollout syncs an application, as the template's sync policy has it. */
export function rolloutOperation(app: Pick<Application, 'spec'>): Operation {
  const policy = app.spec.syncPolicy
  const automated = policy?.automated
  const prune = automated !== undefined && automated.enabled !== false && automated.prune === true
  return {
    initiatedBy: { username: 'applicationset-controller', automated: true },
    info: [{ name: 'Reason', value: 'ApplicationSet RollingSync triggered a sync of this Application resource' }],
    sync: {
      ...(prune ? { prune } : {}),
      ...(policy?.syncOptions ? { syncOptions: policy.syncOptions } : {}),
    },
    retry: policy?.retry ?? { limit: 5 },
  }
}
