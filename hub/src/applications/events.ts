import type { Application, ApplicationStatus } from '@flotilla/shared/argo/application'
import { resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { finished } from './operation.ts'

export interface AppEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** What users expect to read when a status changed. */
export function eventsOf(before: ApplicationStatus | undefined, after: ApplicationStatus): AppEvent[] {
  const events: AppEvent[] = []
  const state = after.operationState
  const old = before?.operationState
  if (state && state.startedAt !== old?.startedAt) {
    const { initiatedBy, sync } = state.operation
    const to = sync?.revision ? ` to '${sync.revision}'` : ''
    // What somebody began by way of the API was recorded there, with the name of the revision that was asked for.
    if (initiatedBy?.automated) {
      events.push({ type: 'Normal', reason: 'OperationStarted', message: `Initiated automated sync${to}` })
    }
  }
  if (state && finished(state) && (state.phase !== old?.phase || state.finishedAt !== old.finishedAt)) {
    const to = state.syncResult?.revision ?? ''
    events.push(
      state.phase === 'Succeeded'
        ? { type: 'Normal', reason: 'OperationCompleted', message: `Sync operation to ${to} succeeded` }
        : {
            type: 'Warning',
            reason: 'OperationCompleted',
            message: `Sync operation to ${to} failed: ${state.message ?? ''}`,
          },
    )
  }
  const change = (what: string, from: string | undefined, to: string | undefined): void => {
    if (from === to || !to) return
    events.push({
      type: 'Normal',
      reason: 'ResourceUpdated',
      message: `Updated ${what} status: ${from ?? ''} -> ${to}`,
    })
  }
  change('sync', before?.sync?.status, after.sync?.status)
  change('health', before?.health?.status, after.health?.status)
  return events
}

/** Writes events beside the application; one that cannot be written is no reason to stop anything. */
export async function recordEvents(
  objects: Objects,
  app: Application,
  events: readonly AppEvent[],
  now: string,
  unique: () => string,
): Promise<void> {
  const { name = '', namespace = '', uid, resourceVersion } = app.metadata
  for (const event of events) {
    const object = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${unique()}`, namespace },
      involvedObject: {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        name,
        namespace,
        ...(uid ? { uid } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
      },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: { component: 'argocd-application-controller' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    }
    await objects.create({ ...resources.events, namespace }, object).catch(() => undefined)
  }
}
