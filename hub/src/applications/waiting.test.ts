import type { Application } from '@flotilla/shared/argo/application'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { expect, test } from 'vitest'
import type { ClusterPresence } from '../fleet/ports.ts'
import { waitingAdvice, waitingOf } from './waiting.ts'

const at = Date.parse('2026-01-01T00:00:00Z')
const cluster = 'c1'
const connected: ClusterPresence = { state: 'connected', since: at }
const away: ClusterPresence = { state: 'unknown', since: at }
const operation = { initiatedBy: { username: 'ann' }, sync: {} }

function app(more: Partial<Application> = {}): Application {
  const spec = {
    project: 'default',
    destination: { name: cluster, namespace: 't' },
    source: { repoURL: 'r', path: 'p' },
  }
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'a' }, spec, ...more }
}

function reportWith(waits: ApplicationReport['waits']): ApplicationReport {
  return { waits } as ApplicationReport
}

const waits = { reason: 'waiting for healthy state of apps/Deployment/x', since: '2025-12-31T23:00:00Z' }

test('what the agent waits for is told as it says', () => {
  const found = waitingOf({ app: app(), report: reportWith(waits), cluster, presence: connected })
  expect(found).toEqual(waits)
})

test('a sync that is asked for while the agent is away says what it waits for', () => {
  const found = waitingOf({ app: app({ operation }), report: undefined, cluster, presence: away })
  expect(found).toMatchObject({
    reason: 'the sync that ann asked for waits: the agent of cluster "c1" is away',
    since: '2026-01-01T00:00:00Z',
  })
})

test('so does a deletion, and an operation that ran when the agent went', () => {
  const leaving = app({ metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } })
  expect(waitingOf({ app: leaving, report: undefined, cluster, presence: away })?.reason).toBe(
    'the deletion waits: the agent of cluster "c1" is away',
  )
  const running = app({ status: { operationState: { phase: 'Running', startedAt: 'x', operation } } })
  expect(waitingOf({ app: running, report: reportWith(waits), cluster, presence: away })?.reason).toBe(
    'the operation that runs waits: the agent of cluster "c1" is away',
  )
})

test('an agent that never joined, was revoked, or cannot reach its cluster is told apart', () => {
  const reason = (presence: ClusterPresence) =>
    waitingOf({ app: app({ operation }), report: undefined, cluster, presence })?.reason
  expect(reason({ state: 'pending', since: at })).toContain('no agent has joined for cluster "c1" yet')
  expect(reason({ state: 'revoked', since: at })).toContain('was revoked')
  expect(reason({ ...connected, trouble: { since: at, message: 'refused' } })).toContain('does not answer its agent')
})

test('an old word of an agent that is away is told as one', () => {
  const found = waitingOf({ app: app(), report: reportWith(waits), cluster, presence: away })
  expect(found).toMatchObject(waits)
  expect(found?.details).toEqual(['as told before: the agent of cluster "c1" is away since 2026-01-01T00:00:00Z'])
  expect(waitingOf({ app: app(), report: undefined, cluster, presence: away })).toBeUndefined()
})

test('an operation that cannot begin says when it is tried next', () => {
  const retry = { limit: 3, backoff: { duration: '10s', factor: 1 } }
  const asked = { ...operation, retry }
  const state = {
    phase: 'Running' as const,
    operation: asked,
    message: 'no such repository',
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:00:00Z',
    retryCount: 1,
  }
  const waiting = app({ operation: asked, status: { operationState: state } })
  expect(waitingOf({ app: waiting, report: undefined, cluster, presence: connected })).toEqual({
    reason: 'no such repository',
    since: '2026-01-01T00:00:00Z',
    nextAt: '2026-01-01T00:00:10Z',
  })
})

test('what waits for a person says what that can do', () => {
  expect(waitingAdvice('web', undefined)).toEqual([])
  expect(waitingAdvice('web', waits)).toEqual([])
  const asks = { ...waits, reason: 'waiting for pruning confirmation of /ConfigMap/b' }
  expect(waitingAdvice('web', asks)).toEqual([expect.stringContaining('app confirm-deletion web')])
  const held = { ...waits, details: ['ConfigMap t/a is being deleted since x, held by its finalizers: y'] }
  expect(waitingAdvice('web', held)).toEqual([expect.stringContaining('finalizer')])
})
