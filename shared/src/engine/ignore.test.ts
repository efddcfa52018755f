import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { ignorer, strictIgnorer } from './ignore.ts'

test('an expression that does not parse is told, though nothing of its kind is compared', () => {
  const deletePaths = (expression: string, object: KubeObject): KubeObject => {
    if (expression.endsWith('[')) throw new Error('unexpected token')
    return object
  }
  const rule = { group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec['] }
  expect(() => ignorer([rule], deletePaths)).toThrow('unexpected token')
})

const deployment: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: [1, 2] }

test('an object of which rules leave nothing stays whole, or is an error where that is asked for', () => {
  const rule = { group: 'apps', kind: 'Deployment', jsonPointers: ['/kind', '/spec'] }
  expect(ignorer([rule])(deployment)).toBe(deployment)
  expect(() => strictIgnorer([rule])(deployment)).toThrow(
    `Object 'Kind' is missing in '{"apiVersion":"apps/v1","metadata":{"name":"a"}}'`,
  )
})

test.each([
  ['#/spec', undefined],
  ['/spec/+1', [1]],
  ['/spec/-1', [1]],
  ['spec', [1, 2]],
])('the pointer %s', (pointer, spec) => {
  const rule = { group: 'apps', kind: 'Deployment', jsonPointers: [pointer] }
  expect(ignorer([rule])(deployment)['spec']).toEqual(spec)
})
