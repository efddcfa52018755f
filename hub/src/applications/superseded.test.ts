import { expect, it } from 'vitest'
import type { Application } from '@flotilla/shared/argo/application'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { runOf, withoutEarlierRun, withoutRun } from './operation.ts'
import { foldStatus } from './status.ts'

const operationState = {
  operation: { sync: { revision: 'one' } },
  phase: 'Succeeded',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  syncResult: { revision: 'one' },
} as const
const report: ApplicationReport = {
  application: 'argocd/a',
  incarnation: 'u',
  operationId: 'first',
  operationState,
  sync: 'Synced',
  health: { status: 'Healthy' },
  resources: [{ version: 'v1', kind: 'ConfigMap', name: '', namespace: 'n', status: 'OutOfSync' }],
  conditions: [],
  images: [],
  externalURLs: [],
  revisions: ['one'],
} as unknown as ApplicationReport
const failure = {
  ...operationState,
  phase: 'Error',
  message: 'no manifests',
  startedAt: '2026-01-01T00:01:00Z',
} as const
const app = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'a', namespace: 'argocd', uid: 'u' },
  spec: { source: { repoURL: 'r', path: 'p' }, destination: {}, project: 'default' },
  status: { operationState: failure, history: [{ id: 0, deployedAt: '2026-01-01T00:00:01Z' }] },
} as unknown as Application
const hub = { now: '2026-01-01T00:02:00Z', controlNamespace: 'argocd' }

it('keeps an operation that failed here, though the agent still tells of the one before', () => {
  const status = foldStatus(app, withoutRun(report, runOf(report)), hub)
  expect(status.operationState).toEqual(failure)
  expect(status.history).toHaveLength(1)
})

it('takes the next run of the agent', () => {
  const next = {
    ...report,
    operationId: 'second',
    operationState: { ...operationState, startedAt: '2026-01-01T00:01:30Z' },
  }
  expect(foldStatus(app, withoutRun(next as ApplicationReport, runOf(report)), hub).operationState?.phase).toBe(
    'Succeeded',
  )
})

it('shows an object without a name without one', () => {
  expect(foldStatus(app, report, hub).resources).toEqual([
    { version: 'v1', kind: 'ConfigMap', namespace: 'n', status: 'OutOfSync' },
  ])
})

it('says of a cluster that never joined what to do, in the words of a comparison that failed', () => {
  const status = foldStatus(app, undefined, { ...hub, neverJoined: 'c1' })
  expect(status.conditions?.map(({ type }) => type)).toEqual(['ComparisonError'])
  expect([status.sync?.status, status.health?.status]).toEqual(['Unknown', 'Healthy'])
})

it('shows nothing of the run before where another operation is asked for, and keeps it in the history', () => {
  const history = [{ id: 0, deployedAt: '2025-01-01T00:00:00Z' }]
  const asked = { ...app, operation: {}, status: { history } } as unknown as Application
  const told = withoutEarlierRun(asked, report, 'second')
  expect(told?.operationState).toBeUndefined()
  const status = foldStatus(asked, told, hub)
  expect(status.operationState).toBeUndefined()
  expect(status.history?.map(({ revision }) => revision)).toEqual([undefined, 'one'])
  const without = { ...asked, status: {} } as unknown as Application
  expect(foldStatus(without, withoutEarlierRun(without, report, 'second'), hub).history).toBeUndefined()
  expect(withoutEarlierRun(asked, report, 'first')).toBe(report)
  expect(withoutEarlierRun(app, report, undefined)).toBe(report)
})
