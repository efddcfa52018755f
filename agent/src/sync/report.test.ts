import { expect, test } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { assessHealth, type HealthJudge } from '@flotilla/shared/engine/health/assess'
import { reportOf, type ReportInput } from './report.ts'

const map = (hook?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', ...(hook && { annotations: { 'argocd.argoproj.io/hook': hook } }) },
})

const progressing: HealthJudge = () => ({ status: 'Progressing' })

function reported(
  target: KubeObject | undefined,
  live: KubeObject | undefined,
  finishedAt?: string,
  health: HealthJudge = progressing,
) {
  const key = { group: '', kind: 'ConfigMap', namespace: 'n', name: 'a' }
  const resource = { key, row: { version: 'v1', kind: 'ConfigMap', name: 'a' }, target, live }
  const input = {
    assignment: { application: 'argocd/a', incarnation: 'u', generation: 1 },
    record: finishedAt ? { operation: { state: { finishedAt } } } : {},
    seen: {
      bundle: { revisions: [] },
      settings: { annotations: {} },
      comparison: { resources: [resource], conditions: [] },
    },
    health,
    store: { entry: () => undefined },
    conditions: [],
    now: 0,
  }
  return reportOf(input as unknown as ReportInput)
}

/** The health that is told of one object. */
function told(target: KubeObject | undefined, live: KubeObject | undefined): unknown {
  return reported(target, live).resources[0]?.health?.status
}

test('of what Git says to skip no more is told than that it is missing', () => {
  expect(told(map('Skip'), map('Skip'))).toBeUndefined()
  expect(told(map('Skip'), map())).toBeUndefined()
  expect(told(map('Skip'), undefined)).toBe('Missing')
  expect(told(map(), map('Skip'))).toBe('Progressing')
  expect(told(undefined, map())).toBe('Progressing')
})

test('what is seen after an operation is of no time before its end', () => {
  expect(reported(map(), map()).reconciledAt).toBe('1970-01-01T00:00:00Z')
  expect(reported(map(), map(), '1970-01-01T00:00:01Z').reconciledAt).toBe('1970-01-01T00:00:01Z')
  expect(reported(map(), map(), '1969-12-31T23:59:59Z').reconciledAt).toBe('1970-01-01T00:00:00Z')
})

test('a rule of health that fails on an object is told as a condition', () => {
  const rule = () => {
    throw new Error('<string>:1: no such thing')
  }
  const { conditions, resources } = reported(map(), map(), undefined, (live, failed) =>
    assessHealth(live, { overrides: [rule], failed }),
  )
  expect(resources[0]?.health).toEqual({ status: 'Unknown', message: '<string>:1: no such thing' })
  const where = 'failed to get resource health for "ConfigMap" with name "a" in namespace "n"'
  expect(conditions).toEqual([
    { type: 'ComparisonError', message: `error setting app health: ${where}: <string>:1: no such thing` },
  ])
  expect(reported(map(), map()).conditions).toEqual([])
})
