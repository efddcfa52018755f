import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import type { VirtualRequest } from '../hooks.ts'
import { authorize, type RbacObjects } from './rbac.ts'
import { reviewAccess } from './reviews.ts'

const group = 'authorization.k8s.io'
const role: KubeObject = {
  apiVersion: 'v1',
  kind: 'Role',
  metadata: { name: 'reader', namespace: 'a' },
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
}
const binding: KubeObject = {
  apiVersion: 'v1',
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'a' },
  roleRef: { kind: 'Role', name: 'reader' },
  subjects: [
    { kind: 'ServiceAccount', name: 'bot' },
    { kind: 'Group', name: 'devs' },
  ],
}
const rbac: RbacObjects = { roles: [role], clusterRoles: [], roleBindings: [binding], clusterRoleBindings: [] }
const world = {
  now: () => Date.parse('2026-01-01T12:00:00Z'),
  decide: (...[actor, attributes]: Parameters<typeof authorize> extends [infer A, infer B, unknown] ? [A, B] : never) =>
    Promise.resolve(authorize(actor, attributes, rbac)),
  rbac: () => Promise.resolve(rbac),
}

function review(plural: string, spec: object, metadata: KubeObject['metadata'] = {}): Promise<KubeObject | undefined> {
  const resource = { group: plural === 'selfsubjectreviews' ? 'authentication.k8s.io' : group, plural }
  const request = {
    resource: resource as VirtualRequest['resource'],
    subresource: undefined,
    namespace: 'a',
    name: '',
    body: { apiVersion: `${group}/v1`, kind: 'Review', metadata, spec },
    actor: { user: 'alice', uid: '3', groups: ['devs'] },
    dryRun: false,
    warn: () => undefined,
  }
  return reviewAccess(request, world)
}

const attributes = { namespace: 'a', verb: 'get', resource: 'configmaps' }

describe('a review of access', () => {
  test('says by what something is allowed', async () => {
    const answer = await review('selfsubjectaccessreviews', { resourceAttributes: attributes })
    expect(answer?.['status']).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of Role "reader" to Group "devs"',
    })
  })

  test('of somebody else: an account is named with its namespace', async () => {
    const spec = { user: 'system:serviceaccount:a:bot', resourceAttributes: attributes }
    expect((await review('subjectaccessreviews', spec))?.['status']).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of Role "reader" to ServiceAccount "bot/a"',
    })
  })

  test('says no more than no', async () => {
    const spec = { user: 'bob', resourceAttributes: attributes }
    expect((await review('subjectaccessreviews', spec))?.['status']).toEqual({ allowed: false })
  })

  test.each([
    [
      'subjectaccessreviews',
      { resourceAttributes: {} },
      {},
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'selfsubjectaccessreviews',
      { resourceAttributes: {} },
      { name: 'x' },
      'metadata: Invalid value: {"name":"x"}: must be empty',
    ],
    [
      'localsubjectaccessreviews',
      { user: 'bob', resourceAttributes: { namespace: 'b' } },
      { namespace: 'a' },
      'spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace',
    ],
    [
      'localsubjectaccessreviews',
      { user: 'bob', nonResourceAttributes: { path: '/x', verb: 'get' } },
      { namespace: 'a' },
      'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: disallowed on this kind of request',
    ],
  ])('%s with %o is refused', async (plural, spec, metadata, why) => {
    await expect(review(plural, spec, metadata)).rejects.toThrow(`.authorization.k8s.io "" is invalid: ${why}`)
  })
})

test('a review of rules lists what holds in a namespace', async () => {
  expect((await review('selfsubjectrulesreviews', { namespace: 'a' }))?.['status']).toEqual({
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }],
    nonResourceRules: [],
    incomplete: false,
  })
})

test('a review of identity says who asks', async () => {
  expect(await review('selfsubjectreviews', {})).toMatchObject({
    metadata: { creationTimestamp: '2026-01-01T12:00:00Z' },
    status: { userInfo: { username: 'alice', uid: '3', groups: ['devs'] } },
  })
})
