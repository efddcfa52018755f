import type { Application } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import { deletionOf } from './deletion.ts'

test.each([
  ['nobody has approved', undefined, undefined],
  ['approved before, of something else', '2026-01-01T00:00:00Z', undefined],
  ['approved since', '2026-01-02T00:00:00Z', true],
  ['no time at all', 'yes', undefined],
])('a deletion that wants to be approved of: %s', (_, approved, expected) => {
  const app = {
    metadata: {
      name: 'a',
      deletionTimestamp: '2026-01-02T00:00:00Z',
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
      annotations: approved ? { 'argocd.argoproj.io/deletion-approved': approved } : {},
    },
  } as unknown as Application
  expect(deletionOf(app)?.deletionApproved).toBe(expected)
})
