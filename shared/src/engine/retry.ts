import type { OperationState, RetryStrategy } from '../argo/application.ts'
import { parseGoDuration } from '../lang/go-duration.ts'

const defaults = { duration: 5_000, factor: 2, maxDuration: 180_000 } as const

/** Milliseconds until the attempt after `retryCount` failed ones. */
export function retryDelay(retry: RetryStrategy | undefined, retryCount: number): number {
  const { duration, factor, maxDuration } = retry?.backoff ?? {}
  const first = milliseconds(duration) ?? defaults.duration
  const most = milliseconds(maxDuration) ?? defaults.maxDuration
  const delay = first * (factor ?? defaults.factor) ** retryCount
  return most > 0 ? Math.min(most, delay) : delay
}

/** What of a back-off is no duration. */
function misread({ backoff }: RetryStrategy = {}): string | undefined {
  return [backoff?.duration, backoff?.maxDuration].find((text) => text && milliseconds(text) === undefined)
}

/** A failed operation as it is kept: waiting for its next attempt, or ended with the number of attempts told. */
export function afterFailure(state: OperationState, now: number, terminated = false): OperationState {
  if (state.phase !== 'Failed' && state.phase !== 'Error') return state
  const { retry } = state.operation
  const count = state.retryCount ?? 0
  if (terminated) return count > 0 ? { ...state, message: `${state.message ?? ''} (retried ${count} times).` } : state
  const limit = retry?.limit ?? 0
  const finishedAt = timestamp(now)
  if (limit < 0 || count < limit) {
    const wrong = misread(retry)
    if (wrong !== undefined) {
      const message = `${state.message ?? ''} (failed to retry: unable to parse ${wrong} as a duration)`
      return { ...state, phase: 'Error', finishedAt, message }
    }
    const at = clockTime(now + retryDelay(retry, count))
    const message = `${state.message ?? ''}. Retrying attempt #${count + 1} at ${at}.`
    return { ...state, phase: 'Running', finishedAt, retryCount: count + 1, message }
  }
  return count > 0 ? { ...state, finishedAt, message: `${state.message ?? ''} (retried ${count} times).` } : state
}

/** When an operation that waits for its next attempt is due; undefined where it does not wait. */
export function retryAt(state: OperationState): number | undefined {
  if (state.phase !== 'Running' || state.finishedAt === undefined) return undefined
  return Date.parse(state.finishedAt) + retryDelay(state.operation.retry, Math.max(0, (state.retryCount ?? 1) - 1))
}

/** The operation as its next attempt begins; with `retry.refresh` it goes for the revisions of now. */
export function nextAttempt(state: OperationState, latest?: readonly string[]): OperationState {
  const { finishedAt: _waited, message: _said, syncResult, ...rest } = state
  const sync = rest.operation.sync
  const fresh = latest !== undefined && wantsLatest(state)
  const extra = fresh ? ' with latest revisions' : ''
  const message = `Retrying operation${extra}. Attempt #${state.retryCount ?? 0}`
  if (!syncResult) return { ...rest, message }
  const { resources: _rows, ...result } = syncResult
  if (!fresh || !sync) return { ...rest, message, syncResult: result }
  const { revision: _one, revisions: _all, ...asked } = sync
  const multiple = (result.sources ?? []).length > 0
  return {
    ...rest,
    message,
    operation: { ...rest.operation, sync: asked },
    syncResult: multiple ? { ...result, revisions: [...latest] } : { ...result, revision: latest[0] ?? '' },
  }
}

/** Whether a retry goes for whatever the sources have by then; manifests from a user's disk have nothing newer. */
export function wantsLatest({ operation }: OperationState): boolean {
  return operation.retry?.refresh === true && !operation.sync?.manifests?.length
}

/** RFC 3339 without fractions, as Kubernetes writes times. */
export function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** `3:04PM`, as Argo CD tells the time of the next attempt. */
function clockTime(at: number): string {
  const date = new Date(at)
  const hours = date.getUTCHours()
  const minutes = String(date.getUTCMinutes()).padStart(2, '0')
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes}${hours < 12 ? 'AM' : 'PM'}`
}

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  return /^[+-]?\d+$/.test(text) ? Number(text) * 1_000 : parseGoDuration(text)
}
