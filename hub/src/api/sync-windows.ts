import type { Application } from '@flotilla/shared/argo/application'
import { isActive, matchingWindows, syncPermitted, type ProjectSyncWindow } from '@flotilla/shared/engine/sync-window'
import { specOf } from '../projects/project.ts'
import type { ApiContext } from './context.ts'

export interface WindowsOf {
  /** Those that concern the application. */
  readonly assigned: readonly ProjectSyncWindow[]
  /** Those of them that are open. */
  readonly active: readonly ProjectSyncWindow[]
  /** Whether somebody may sync by hand now. */
  readonly permitted: boolean
}

/** The sync windows of an application's project, as they stand for it now. */
export function windowsOf(context: Pick<ApiContext, 'controller' | 'clock' | 'clusters'>, app: Application): WindowsOf {
  const windows = specOf(context.controller.rules.of(app.spec.project || 'default')).syncWindows ?? []
  const assigned = matchingWindows(windows, {
    name: app.metadata.name ?? '',
    destination: app.spec.destination ?? {},
  })
  const now = context.clock.now()
  return {
    assigned,
    active: assigned.filter((window) => isActive(window, now) === true),
    permitted: syncPermitted(assigned, { now, manual: true }).allowed,
  }
}

/** A window in the short form in which the API tells it. */
export function windowToWire(window: ProjectSyncWindow): object {
  const { kind = '', schedule = '', duration = '', manualSync = false } = window
  return { kind, schedule, duration, manualSync }
}
