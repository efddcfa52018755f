import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { differ } from './diff.ts'
import { readTranscript } from './transcript.ts'

const file = path.join(import.meta.dirname, 'testdata/normalization.txt')
const steps = readTranscript(readFileSync(file, 'utf8'))

test.each(steps.map((step) => [`normalization.txt:${step.line}`, step] as const))('%s', (_, step) => {
  const [desired, live] = step.input.split('\n').map((line) => JSON.parse(line) as KubeObject)
  const options = step.args.map((word) => word.replace(':', ': ')).join('\n')
  const diff = differ({
    settings: {
      instance: 'app',
      project: 'default',
      destination: {},
      sources: [],
      multiSource: false,
      sourceTypes: [],
      annotations: {},
      trackingMethod: 'annotation',
      instanceLabelKey: 'app.kubernetes.io/instance',
      argocdCm: options === '' ? {} : { 'resource.compareoptions': options },
      projectSpec: {},
    },
  })
  expect(diff(desired, live).modified ? 'differs' : 'same').toBe(step.expected)
})
