import { describe, expect, test } from 'vitest'
import type { RequestInfo } from '../api-server.ts'
import { testApi, type TestApi } from '../admission/testing/api.ts'
import { rbacEscalation } from './escalation.ts'

const alice = { actor: { user: 'alice', groups: ['devs'] } }
const role = (name: string, ...rules: object[]): object => ({ metadata: { name }, rules })
const rule = (verbs: string[], resources: string[], more: object = {}): object => ({
  apiGroups: [''],
  verbs,
  resources,
  ...more,
})
const binding = (kind: string, name: string): object => ({
  metadata: { name: 'new' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
})

/** Alice holds `get` and `list` of all in the core group, in namespace `a`. */
async function apiWith(allowed: (info: RequestInfo) => boolean = () => false): Promise<TestApi> {
  const api = await testApi([rbacEscalation], (info) => ({ allowed: allowed(info) }))
  await api.create('roles', role('held', rule(['get', 'list'], ['*'])))
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }]
  await api.create('rolebindings', { ...binding('Role', 'held'), metadata: { name: 'held' }, subjects })
  return api
}

const attempt = 'user "alice" (groups=["devs"]) is attempting to grant RBAC permissions not currently held:\n'

describe('a role', () => {
  test('may hold what its author holds', async () => {
    const api = await apiWith()
    await api.create('roles', role('less', rule(['get'], ['pods', 'pods/log'])), alice)
  })

  test('is refused what its author lacks: rule by rule, with the verbs that are missing', async () => {
    const api = await apiWith()
    const more = role(
      'more',
      rule(['get', 'create', 'delete'], ['pods', 'secrets']),
      rule(['*'], ['nodes'], { resourceNames: ['n'] }),
    )
    expect((await api.refused('roles', more, alice)).message).toBe(
      `roles.rbac.authorization.k8s.io "more" is forbidden: ${attempt}{APIGroups:[""], Resources:["nodes"], ResourceNames:["n"], Verbs:["*"]}\n{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["create" "delete"]}`,
    )
  })

  test('is let by who may escalate', async () => {
    const api = await apiWith(
      ({ verb, resource, name }) => verb === 'escalate' && resource === 'roles' && name === 'more',
    )
    await api.create('roles', role('more', rule(['*'], ['*'])), alice)
  })

  test('aggregates only for who may do anything', async () => {
    const api = await apiWith()
    const gathering = {
      metadata: { name: 'g' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    }
    expect((await api.refused('clusterroles', gathering, alice)).message).toBe(
      'clusterroles.rbac.authorization.k8s.io "g" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    )
  })

  test('may lose a finalizer all the same', async () => {
    const api = await apiWith()
    const big = { metadata: { name: 'big', finalizers: ['x/y'] }, rules: [rule(['*'], ['*'])] }
    await api.create('roles', big)
    const ref = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', namespace: 'a', name: 'big' }
    await api.objects.patch(ref, { metadata: { finalizers: [] } }, { type: 'merge', ...alice })
  })
})

describe('a binding', () => {
  test('of a role that one holds is let by', async () => {
    await (await apiWith()).create('rolebindings', binding('Role', 'held'), alice)
  })

  test('of more is refused, but to who may bind it', async () => {
    const api = await apiWith(({ verb, name }) => verb === 'bind' && name === 'bindable')
    for (const name of ['other', 'bindable']) await api.create('clusterroles', role(name, rule(['*'], ['*'])))
    expect((await api.refused('rolebindings', binding('ClusterRole', 'other'), alice)).message).toBe(
      `rolebindings.rbac.authorization.k8s.io "new" is forbidden: ${attempt}{APIGroups:[""], Resources:["*"], Verbs:["*"]}`,
    )
    await api.create('rolebindings', binding('ClusterRole', 'bindable'), alice)
  })

  test('of a role that is not there is not found', async () => {
    const error = await (await apiWith()).refused('rolebindings', binding('Role', 'none'), alice)
    expect(error.status).toMatchObject({
      code: 404,
      message: 'rolebindings.rbac.authorization.k8s.io "none" not found',
    })
  })
})
