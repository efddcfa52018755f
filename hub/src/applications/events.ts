import type { ApplicationStatus } from '@flotilla/shared/argo/application'
import type { Happening } from '../events/record.ts'
import { finished } from './operation.ts'

/** What users expect to read when a status changed. */
export function eventsOf(before: ApplicationStatus | undefined, after: ApplicationStatus): Happening[] {
  const events: Happening[] = []
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
