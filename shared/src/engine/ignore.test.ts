import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { ignorer } from './ignore.ts'

test('an expression that does not parse is told, though nothing of its kind is compared', () => {
  const deletePaths = (expression: string, object: KubeObject): KubeObject => {
    if (expression.endsWith('[')) throw new Error('unexpected token')
    return object
  }
  const rule = { group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec['] }
  expect(() => ignorer([rule], deletePaths)).toThrow('unexpected token')
})
