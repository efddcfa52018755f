import type { OperationState } from '../argo/application.ts'

/** Whether a finished operation belongs in the history: it synced everything, for real, and succeeded. */
export function makesHistory(state: OperationState): boolean {
  const sync = state.operation.sync
  return state.phase === 'Succeeded' && !!sync && !sync.dryRun && !(sync.resources && sync.resources.length > 0)
}

/** What the history needs of an operation: no rows of objects. */
export function forHistory(state: OperationState): OperationState {
  const { syncResult, ...rest } = state
  if (!syncResult) return rest
  const { resources: _rows, ...result } = syncResult
  return { ...rest, syncResult: result }
}
