import { expect, test } from 'vitest'
import type { Application, Operation } from '@flotilla/shared/argo/application'
import { afterAttempt, attemptOf, failuresOf, nextTryAt, withdrawnState } from './attempts.ts'

const now = Date.parse('2030-01-01T15:04:05Z')
const retry = { limit: 2, backoff: { duration: '2s', factor: 2, maxDuration: '1m' } }

function asking(operation: Operation): Application {
  const spec = { source: { repoURL: 'r', path: 'p' }, destination: {}, project: 'default' }
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'a' }, spec, operation } as never
}

function failedOnce(operation: Operation, at = now): Application {
  const app = asking(operation)
  return { ...app, status: { operationState: afterAttempt(app, operation, 'no remote', at) } }
}

test('an operation that cannot begin waits for its next try, and ends when there is none left', () => {
  const operation = { sync: { revision: 'main' }, retry }
  const app = failedOnce(operation)
  expect(app.status?.operationState).toMatchObject({
    phase: 'Running',
    retryCount: 1,
    startedAt: '2030-01-01T15:04:05Z',
    finishedAt: '2030-01-01T15:04:05Z',
    message: 'no remote. Retrying attempt #1 at 3:04PM.',
  })
  expect([failuresOf(app), nextTryAt(app), attemptOf(app, now + 1_000)]).toEqual([1, now + 2_000, undefined])
  expect(attemptOf(app, now + 2_000)).toEqual({ operation, count: 1, startedAt: '2030-01-01T15:04:05Z' })

  const twice = { ...app, status: { operationState: afterAttempt(app, operation, 'no remote', now + 2_000) } }
  expect(nextTryAt(twice)).toBe(now + 2_000 + 4_000)
  const last = afterAttempt(twice, operation, 'no remote', now + 6_000)
  expect(last).toMatchObject({
    phase: 'Error',
    message: 'no remote (retried 2 times).',
    startedAt: '2030-01-01T15:04:05Z',
    finishedAt: '2030-01-01T15:04:11Z',
  })
})

test('an operation without retries ends at once, and another one begins anew', () => {
  const once = { sync: { revision: 'main' } }
  expect(afterAttempt(asking(once), once, 'no remote', now)).toMatchObject({ phase: 'Error', message: 'no remote' })
  const other = { ...failedOnce({ ...once, retry }), operation: { sync: { revision: 'other' }, retry } }
  expect(attemptOf(other, now)).toMatchObject({ count: 0 })
})

test('a retry with refresh goes for the revisions of now', () => {
  const app = failedOnce({ sync: { revision: 'main', prune: true }, retry: { ...retry, refresh: true } })
  expect(attemptOf(app, now + 2_000)?.operation.sync).toEqual({ prune: true })
})

test('an operation that waits can be terminated', () => {
  const app = failedOnce({ sync: { revision: 'main' }, retry })
  const state = app.status?.operationState
  if (state) state.phase = 'Terminating'
  expect(attemptOf(app, now)).toMatchObject({ count: 1 })
  const ended = afterAttempt(app, app.operation ?? {}, 'no remote', now)
  expect(ended).toMatchObject({ phase: 'Error', message: 'no remote (retried 1 times).' })
})

test('an operation that is taken away while it waits ends; one that an agent runs is the agent’s to end', () => {
  const { operation: _gone, ...app } = failedOnce({ sync: { revision: 'main' }, retry })
  const state = app.status?.operationState
  expect(withdrawnState(app, undefined, 'now')).toMatchObject({
    phase: 'Failed',
    finishedAt: 'now',
    message: 'Operation terminated (retried 1 times).',
  })
  expect(withdrawnState(app, { operationState: state } as never, 'now')).toBeUndefined()
  expect(withdrawnState(failedOnce({ sync: {}, retry }), undefined, 'now')).toBeUndefined()
})
