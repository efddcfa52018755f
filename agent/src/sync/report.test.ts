import { expect, test } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { reportOf, type ReportInput } from './report.ts'

const map = (hook?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', ...(hook && { annotations: { 'argocd.argoproj.io/hook': hook } }) },
})

/** The health that is told of one object. */
function told(target: KubeObject | undefined, live: KubeObject | undefined): unknown {
  const key = { group: '', kind: 'ConfigMap', namespace: 'n', name: 'a' }
  const resource = { key, row: { version: 'v1', kind: 'ConfigMap', name: 'a' }, target, live }
  const input = {
    assignment: { application: 'argocd/a', incarnation: 'u', generation: 1 },
    record: {},
    seen: {
      bundle: { revisions: [] },
      settings: { annotations: {} },
      comparison: { resources: [resource], conditions: [] },
    },
    health: () => ({ status: 'Progressing' }),
    store: { entry: () => undefined },
    conditions: [],
    now: 0,
  }
  return reportOf(input as unknown as ReportInput).resources[0]?.health?.status
}

test('of what Git says to skip no more is told than that it is missing', () => {
  expect(told(map('Skip'), map('Skip'))).toBeUndefined()
  expect(told(map('Skip'), map())).toBeUndefined()
  expect(told(map('Skip'), undefined)).toBe('Missing')
  expect(told(map(), map('Skip'))).toBe('Progressing')
  expect(told(undefined, map())).toBe('Progressing')
})
