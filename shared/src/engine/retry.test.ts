import { expect, test } from 'vitest'
import type { OperationState } from '../argo/application.ts'
import { afterFailure, nextAttempt, retryAt } from './retry.ts'

const failed: OperationState = {
  operation: { retry: { limit: 1, backoff: { duration: '1s', factor: 2, maxDuration: '5s' } } },
  phase: 'Failed',
  message: 'no',
  startedAt: '2030-01-01T00:00:00Z',
}

test('a failed operation waits for its next attempt, and tells when', () => {
  const now = Date.parse('2030-01-01T15:04:05Z')
  const waiting = afterFailure(failed, now)
  expect(waiting).toMatchObject({
    phase: 'Running',
    retryCount: 1,
    message: 'no. Retrying attempt #1 at 3:04PM.',
    finishedAt: '2030-01-01T15:04:05Z',
  })
  expect(retryAt(waiting)).toBe(now + 1_000)
  const again = nextAttempt(waiting)
  expect(again.finishedAt).toBeUndefined()
  expect(afterFailure({ ...again, phase: 'Failed', message: 'no' }, now)).toMatchObject({
    phase: 'Failed',
    message: 'no (retried 1 times).',
  })
})

test('an operation by hand is not tried again', () => {
  const manual = { ...failed, operation: { retry: {} } }
  expect(afterFailure(manual, 0)).toBe(manual)
})

test('a back-off that is no duration ends the operation, and says so', () => {
  const operation = { retry: { limit: 1, backoff: { duration: 'soon' } } }
  const message = 'no (failed to retry: unable to parse soon as a duration)'
  expect(afterFailure({ ...failed, operation }, 0)).toMatchObject({ phase: 'Error', message })
})

test('a longest pause of nothing is none', () => {
  const operation = { retry: { limit: 9, backoff: { duration: '2', factor: 3, maxDuration: '0' } } }
  expect(retryAt(afterFailure({ ...failed, operation, retryCount: 2 }, 0))).toBe(18_000)
})
