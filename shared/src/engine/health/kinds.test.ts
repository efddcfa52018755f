import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { readTranscript } from '../transcript.ts'
import { judgeHealth } from './assess.ts'
import { customRules } from './custom/index.ts'
import { ownHealth, ownRules } from './own/index.ts'

// health/<group>/<Kind>/cases.txt, where `_` stands for `*`: each case is an object without its name, and its verdict.
const kinds = Object.keys({ ...customRules, ...ownRules }).map((name) => {
  const [group = '', kind = ''] = name.split('/')
  return [name, path.join(import.meta.dirname, group.replaceAll('*', '_'), kind.replaceAll('*', '_'))] as const
})

function verdict(input: string, kind: string): string {
  const given = JSON.parse(input) as Partial<KubeObject>
  const object = { kind, ...given, metadata: { name: 'x', ...given.metadata } } as KubeObject
  try {
    const found = judgeHealth(object, { others: [ownHealth] })
    if (!found) return 'none'
    const message = (found.message ?? '').replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
    return `${found.status || 'empty'}${message === '' ? '' : `: ${message}`}`
  } catch (error) {
    return `error: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`
  }
}

describe.each(kinds)('%s', (name, folder) => {
  const steps = readTranscript(readFileSync(path.join(folder, 'cases.txt'), 'utf8'))
  test.each(steps.map((step) => [step.line, step] as const))('line %i', (_, { input, expected }) => {
    expect(verdict(input, name.slice(name.indexOf('/') + 1))).toBe(expected)
  })
})

test('every folder of cases has a rule', () => {
  const named = new Set(kinds.map(([, folder]) => folder))
  const found = readdirSync(import.meta.dirname)
    .map((group) => path.join(import.meta.dirname, group))
    .filter((group) => statSync(group).isDirectory() && path.basename(group).includes('.'))
    .flatMap((group) => readdirSync(group).map((kind) => path.join(group, kind)))
  expect(found.filter((folder) => !named.has(folder))).toEqual([])
  expect(found.every((folder) => existsSync(path.join(folder, 'cases.txt')))).toBe(true)
})

test('no rule of ours stands for a kind that Argo CD has a rule for', () => {
  expect(Object.keys(ownRules).filter((name) => Object.hasOwn(customRules, name))).toEqual([])
})
