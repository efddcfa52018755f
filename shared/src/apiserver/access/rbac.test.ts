import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { authorize, missingRules, printRule, type RbacObjects } from './rbac.ts'

const meta = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader', namespace: 'a' } }
const role: KubeObject = {
  ...meta,
  kind: 'Role',
  rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['only'], verbs: ['get'] }],
}
const binding: KubeObject = {
  ...meta,
  kind: 'RoleBinding',
  roleRef: { kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'User', name: 'alice' }],
}
const objects: RbacObjects = { roles: [role], clusterRoles: [], roleBindings: [binding], clusterRoleBindings: [] }
const alice = { user: 'alice', groups: ['devs'] }
const get = {
  verb: 'get',
  group: '',
  resource: 'secrets',
  subresource: '',
  name: 'only',
  namespace: 'a',
  path: '',
  isResource: true,
}

test('a binding gives what its role says, and no more', () => {
  expect(authorize(alice, get, objects)).toEqual({
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "reader/a" of Role "reader" to User "alice"',
  })
  expect(authorize(alice, { ...get, name: 'other' }, objects).allowed).toBe(false)
  expect(authorize(alice, { ...get, namespace: 'b' }, objects).allowed).toBe(false)
  expect(authorize({ user: 'bob', groups: [] }, get, objects).allowed).toBe(false)
})

test('rules that are not held are named', () => {
  const nodes = { apiGroups: [''], resources: ['nodes'], verbs: ['*'] }
  const held = { apiGroups: [''], resources: ['*'], verbs: ['get'] }
  expect(missingRules([nodes], [held]).map(printRule)).toEqual(['{APIGroups:[""], Resources:["nodes"], Verbs:["*"]}'])
  expect(missingRules([{ ...nodes, verbs: ['get'] }], [held])).toEqual([])
})
