import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import { cascadeStep } from './delete.ts'
import { parseSyncOptions } from './sync-options.ts'

const settings = {
  instance: 'a',
  trackingMethod: 'annotation',
  annotations: {},
  argocdCm: {},
} as unknown as SyncSettings

function job(name: string, id: string, generateName?: string): KubeObject {
  const annotations = { 'argocd.argoproj.io/tracking-id': id }
  const metadata = { name, namespace: 'n', annotations, ...(generateName !== undefined && { generateName }) }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata }
}

const removed = (live: KubeObject): readonly KubeObject[] =>
  cascadeStep({
    settings,
    live: [live],
    options: parseSyncOptions([]),
    permitted: () => true,
    uncertain: undefined,
    approvedAt: undefined,
    deletingSince: undefined,
  }).remove

test('a hook whose name was made up at the sync goes with the application: its id has no name', () => {
  const hook = job('migrate-1-presync-7', 'a:batch/Job:n/', 'migrate-')
  expect(removed(hook)).toEqual([hook])
})

test("a copy of a mark on an object of another name is nobody's to delete", () => {
  expect(removed(job('copy', 'a:batch/Job:n/original', 'copy-'))).toEqual([])
  expect(removed(job('copy', 'a:batch/Job:n/'))).toEqual([])
  expect(removed(job('copy', 'a:batch/CronJob:n/', 'copy-'))).toEqual([])
})
