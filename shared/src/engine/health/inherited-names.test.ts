import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { readTranscript } from '../transcript.ts'
import { assessHealth } from './assess.ts'

/** An object with each text of its status in turn replaced by another. */
function* spoilt(value: unknown, text: string): Generator<unknown> {
  if (typeof value === 'string') yield text
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const one of spoilt(item, text)) yield value.with(index, one)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      for (const one of spoilt(item, text)) yield { ...value, [key]: one }
  }
}

const cases = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (name) => path.basename(name) === 'cases.txt',
)

test('T-19: a status that speaks of what every JavaScript object has is judged as any other text', () => {
  expect(cases.length).toBeGreaterThan(100)
  const builtIn: KubeObject[] = [
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'x' }, status: { phase: 'Bound' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, status: { phase: 'Running', reason: 'x' } },
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'x' }, status: { phase: 'Running' } },
  ]
  const objects = cases.flatMap((name) => {
    const kind = path.basename(path.dirname(name)).replaceAll('_', 'x')
    const steps = readTranscript(readFileSync(path.join(import.meta.dirname, name), 'utf8'))
    return steps.map(({ input }): KubeObject => ({ kind, metadata: { name: 'x' }, ...JSON.parse(input) }))
  })
  const wrong = new Set<string>()
  for (const object of [...builtIn, ...objects])
    for (const text of ['constructor', '__proto__', 'toString'])
      for (const status of spoilt(object['status'], text)) {
        const found = assessHealth({ ...object, status } as KubeObject)
        if (found && (typeof found.status !== 'string' || typeof found.message !== 'string')) wrong.add(object.kind)
      }
  expect([...wrong]).toEqual([])
})
