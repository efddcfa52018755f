import type { Application } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import { withCascade } from './cascade.ts'

const plain = 'resources-finalizer.argocd.argoproj.io'
const background = `${plain}/background`
const after = (finalizers: string[], cascade: boolean, policy = '', more = {}): string[] | undefined =>
  withCascade({ metadata: { finalizers, ...more } } as unknown as Application, cascade, policy).metadata.finalizers

test.each([
  [[], true, '', [plain]],
  [[plain, 'mine'], true, '', [plain, 'mine']],
  [[background], true, '', [background, plain]],
  [[plain], true, 'background', [plain, background]],
  [[background], true, 'foreground', [background, `${plain}/foreground`]],
  [[plain, 'mine', background], false, '', ['mine']],
])('of finalizers %j, cascade %s with policy %j', (before, cascade, policy, expected) => {
  expect(after(before, cascade, policy)).toEqual(expected)
})

test('nothing is added to what is going already', () => {
  expect(after(['mine'], true, '', { deletionTimestamp: '2026-01-01T00:00:00Z' })).toEqual(['mine'])
})
