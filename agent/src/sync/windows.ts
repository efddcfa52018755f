import { matchingWindows, nextChange, syncPermitted, type ProjectSyncWindow } from '@flotilla/shared/engine/sync-window'
import { timestamp } from '@flotilla/shared/engine/retry'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'

/** What stops a sync, and until when at the earliest. */
export interface WindowBlock {
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly until?: number
}

/** Why the project's sync windows stop a sync just now; undefined where they do not. */
export function windowBlock(
  settings: SyncSettings,
  question: { readonly manual: boolean; readonly now: number; readonly startedAt?: string | undefined },
): WindowBlock | undefined {
  const windows = settings.projectSpec['syncWindows']
  if (!Array.isArray(windows) || windows.length === 0) return undefined
  const name = settings.instance.slice(settings.instance.indexOf('_') + 1)
  const matching = matchingWindows(windows as ProjectSyncWindow[], { name, destination: settings.destination })
  const { manual, now, startedAt } = question
  const started = startedAt === undefined ? {} : { startedAt: Date.parse(startedAt) }
  const answer = syncPermitted(matching, { now, manual, ...started })
  if (answer.allowed) return undefined
  const changes = matching.flatMap((window) => nextChange(window, now) ?? [])
  const until = changes.length > 0 ? Math.min(...changes) : undefined
  const next = until === undefined ? '' : `; next tried at ${timestamp(until)}`
  return {
    reason: `Sync operation blocked by sync window: ${answer.reason}${next}`,
    ...(until !== undefined && { until }),
  }
}
