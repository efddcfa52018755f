import { expect, test } from 'vitest'
import { annotation, finalizer } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'
import { nextApplication, type Seen } from './next.ts'

const now = Date.parse('2026-01-01T00:02:00Z')

const application = (metadata: object = {}, rest: object = {}): Application =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: 'argocd', uid: 'u', ...metadata },
    spec: { source: { repoURL: 'r', path: 'p' }, destination: {}, project: 'default' },
    ...rest,
  }) as unknown as Application

const next = (app: Application, seen: Partial<Seen> = {}) =>
  nextApplication(app, {
    outcome: {},
    report: undefined,
    superseded: undefined,
    order: undefined,
    done: false,
    sight: {},
    refreshed: false,
    nothingToDelete: false,
    now,
    ...seen,
  })

const operation = { sync: { revision: 'one' } }

test('an operation that cannot start ends here, with the reason', () => {
  const { app, status, failed } = next(application({}, { operation }), {
    outcome: { operationError: 'no', failures: 0 },
  })
  expect(failed).toBe(true)
  expect(app.operation).toBeUndefined()
  expect(status.operationState).toMatchObject({ phase: 'Error', message: 'no', finishedAt: '2026-01-01T00:02:00Z' })
})

test('a failure that is on record already counts no second time', () => {
  const app = application({}, { operation })
  expect(next(app, { outcome: { operationError: 'no', failures: 1 } })).toMatchObject({
    failed: false,
    app: { operation },
  })
})

test('an operation goes once its end is known, not before', () => {
  const app = application({}, { operation })
  expect(next(app).app.operation).toEqual(operation)
  expect(next(app, { done: true }).app.operation).toBeUndefined()
})

test('the wish for a refresh goes once it was done, and nothing else with it', () => {
  const app = application({ annotations: { [annotation.refresh]: 'normal', other: 'x' } })
  expect(next(app).app.metadata.annotations).toEqual({ [annotation.refresh]: 'normal', other: 'x' })
  expect(next(app, { refreshed: true }).app.metadata.annotations).toEqual({ other: 'x' })
})

test('finalizers of hooks come and go with the hooks; those of others stay', () => {
  const deleteHooks = { preDelete: true, postDelete: false }
  const { app } = next(application({ finalizers: ['other'] }), { outcome: { deleteHooks } })
  expect(app.metadata.finalizers).toEqual(['other', finalizer.preDelete, finalizer.preDeleteCleanup])
  const none = { preDelete: false, postDelete: false }
  expect(next(app, { outcome: { deleteHooks: none } }).app.metadata.finalizers).toEqual(['other'])
})

test('a deletion keeps our finalizers until the agent has done its part, or nobody holds anything', () => {
  const app = application({
    deletionTimestamp: '2026-01-01T00:01:00Z',
    finalizers: ['other', finalizer.foreground],
  })
  expect(next(app).app.metadata.finalizers).toEqual(['other', finalizer.foreground])
  expect(next(app, { nothingToDelete: true }).app.metadata.finalizers).toEqual(['other'])
  expect(next(app, { outcome: { abandon: true } }).app.metadata.finalizers).toEqual(['other'])
})
