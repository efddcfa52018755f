import { expect, test } from 'vitest'
import { validateJob } from './jobs.ts'

const generated = { 'controller-uid': 'u', 'job-name': 'j' }
const prefixed = { 'batch.kubernetes.io/controller-uid': 'u', 'batch.kubernetes.io/job-name': 'j' }

function job(
  labels: object,
  selector: object = { 'batch.kubernetes.io/controller-uid': 'u' },
): Record<string, unknown> {
  const container = { name: 'main', image: 'app:1', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }
  const spec = { restartPolicy: 'Never', dnsPolicy: 'ClusterFirst', containers: [container] }
  return {
    metadata: { name: 'j', uid: 'u' },
    spec: { selector: { matchLabels: selector }, template: { metadata: { labels }, spec } },
  }
}

const fields = (next: Record<string, unknown>, previous?: Record<string, unknown>): string[] =>
  validateJob(next, previous)
    .map(({ field }) => field)
    .filter((field) => field.includes('selector') || field.includes('labels'))

test('labels that a job gives its pods are its own', () => {
  expect(fields(job({ ...generated, ...prefixed }))).toEqual([])
  expect(fields(job({ ...generated, ...prefixed, 'job-name': 'other' }))).toEqual([
    'spec.template.metadata.labels[job-name]',
  ])
  expect(fields(job(prefixed))).toEqual([
    'spec.template.metadata.labels[controller-uid]',
    'spec.template.metadata.labels[job-name]',
  ])
})

test('another selector is told of once, and once that it cannot change', () => {
  const before = job({ ...generated, ...prefixed })
  const after = job({ ...generated, ...prefixed }, prefixed)
  expect(fields(after, before)).toEqual(['spec.selector', 'spec.selector'])
})
