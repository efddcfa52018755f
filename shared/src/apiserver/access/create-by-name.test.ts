import { expect, test } from 'vitest'
import { testApi } from '../admission/testing/api.ts'
import { createByName } from './create-by-name.ts'

const alice = { user: 'alice', groups: ['devs'] }
const ref = { group: '', version: 'v1', resource: 'configmaps', namespace: 'a', name: 'x' }
const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }

test('an apply that creates needs the right to create', async () => {
  const api = await testApi([createByName])
  await expect(api.objects.patch(ref, config, { type: 'apply', fieldManager: 'm', actor: alice })).rejects.toThrow(
    'configmaps "x" is forbidden: User "alice" cannot create resource "configmaps" in API group "" in the namespace "a"',
  )
})

test('who may create is let by, and a create is not asked twice', async () => {
  const asked: string[] = []
  const api = await testApi([createByName], ({ verb, resource }) => {
    asked.push(`${verb} ${resource}`)
    return { allowed: true }
  })
  await api.create('configmaps', config, { actor: alice })
  const other = { ...ref, name: 'y' }
  await api.objects.patch(
    other,
    { ...config, metadata: { name: 'y' } },
    { type: 'apply', fieldManager: 'm', actor: alice },
  )
  expect(asked).toEqual(['create configmaps'])
})
