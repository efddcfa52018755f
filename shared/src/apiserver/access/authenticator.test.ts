import { expect, describe, test } from 'vitest'
import { authenticate, knownTokens } from './authenticator.ts'
import { checkImpersonation, impersonated } from './impersonation.ts'

const tokens = [knownTokens(new Map([['secret', { user: 'alice', groups: ['devs'] }]]))]
const certificate = { trusted: true, commonName: 'carol', organizations: ['ops'], fingerprint: 'AB' }

describe('who sends a request', () => {
  test.each([
    [{ authorization: 'Bearer secret' }, 'alice'],
    [{ authorization: 'bearer secret' }, 'alice'],
    [
      {
        'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('secret').toString('base64url')}`,
      },
      'alice',
    ],
    [{}, 'system:anonymous'],
    [{ authorization: 'Basic abc' }, 'system:anonymous'],
  ])('%o is %s', async (headers, user) => {
    expect((await authenticate({ headers }, { tokens })).user).toBe(user)
  })

  test('is said by a certificate before a token', async () => {
    expect(await authenticate({ headers: { authorization: 'Bearer secret' }, certificate }, { tokens })).toEqual({
      user: 'carol',
      groups: ['ops', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=AB'] },
    })
  })

  test.each([
    [{ headers: { authorization: 'Bearer other' } }, {}],
    [{ headers: {}, certificate: { ...certificate, trusted: false } }, {}],
    [{ headers: {} }, { anonymous: false }],
  ])('%o is unknown', async (credentials, options) => {
    await expect(authenticate(credentials, { tokens, ...options })).rejects.toMatchObject({
      status: { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
    })
  })
})

describe('impersonation', () => {
  test('of a service account brings its groups', () => {
    expect(impersonated({ 'impersonate-user': ['system:serviceaccount:a:bot'] })).toEqual({
      user: 'system:serviceaccount:a:bot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    })
  })

  test('reads groups, uid and extras', () => {
    const headers = {
      'impersonate-user': ['bob'],
      'impersonate-group': ['a, b', 'c'],
      'impersonate-uid': ['7'],
      'impersonate-extra-example.com%2fkey': ['x', 'y'],
    }
    expect(impersonated(headers)).toEqual({
      user: 'bob',
      groups: ['a, b', 'c', 'system:authenticated'],
      uid: '7',
      extra: { 'example.com/key': ['x', 'y'] },
    })
  })

  test('of nobody is nonsense', () => {
    expect(() => impersonated({ 'impersonate-uid': ['7'] })).toThrow(
      'requested &user.DefaultInfo{Name:"", UID:"7", Groups:[]string(nil), Extra:map[string][]string(nil)} without impersonating a user name',
    )
  })

  test.each([
    [
      'users',
      'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
    [
      'groups',
      'groups "g" is forbidden: User "alice" cannot impersonate resource "groups" in API group "" at the cluster scope',
    ],
    [
      'userextras',
      'userextras.authentication.k8s.io "view" is forbidden: User "alice" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
    ],
    [
      'uids',
      'uids.authentication.k8s.io "7" is forbidden: User "alice" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
    ],
  ])('needs a right to %s', async (refused, why) => {
    const bob = { user: 'bob', uid: '7', groups: ['g', 'system:authenticated'], extra: { scopes: ['view'] } }
    const alice = { user: 'alice', groups: [] }
    const asking = checkImpersonation(alice, bob, (_, { resource }) => ({ allowed: resource !== refused }))
    await expect(asking).rejects.toThrow(why)
  })
})
