import { expect, test } from 'vitest'
import { identityOf } from './impersonation.ts'

const on = { 'application.sync.impersonation.enabled': 'true' }
const destination = { name: 'c1', namespace: 'web' }
const cluster = { name: 'c1', server: 'https://c1' }

function identity(argocdCm: Record<string, string>, rules: unknown[] | undefined, namespace = 'web') {
  const projectSpec = rules === undefined ? {} : { destinationServiceAccounts: rules }
  return identityOf({ argocdCm, projectSpec, destination: { ...destination, namespace }, cluster }, 'argocd')
}

const all = { server: '*', namespace: '*', defaultServiceAccount: 'deployer' }

test('§3.13: nobody is impersonated unless the settings say so', () => {
  expect(identity({}, [all])).toEqual({})
})

test('§3.13: the first rule that matches names the account, in the destination’s namespace or one of its own', () => {
  expect(identity(on, [all])).toEqual({ user: 'system:serviceaccount:web:deployer' })
  const own = { server: 'https://c1', namespace: 'w*', defaultServiceAccount: 'ops:deployer' }
  expect(identity(on, [own, all])).toEqual({ user: 'system:serviceaccount:ops:deployer' })
  expect(identity(on, [{ ...own, server: 'https://c2' }, all])).toEqual({ user: 'system:serviceaccount:web:deployer' })
  expect(identity(on, [all], '')).toEqual({ user: 'system:serviceaccount:argocd:deployer' })
})

test('§3.13: where no rule matches nothing is written, unless that is not enforced', () => {
  const error = 'no matching service account found for destination server https://c1 and namespace web'
  expect(identity(on, undefined)).toEqual({ error })
  expect(identity({ ...on, 'application.sync.impersonation.enforced': 'false' }, undefined)).toEqual({})
})

test('§3.13: a name that cannot be one is an error', () => {
  for (const name of ['', ' ', 'a*', 'a/b', '!a', '{a}', '[a]', 'a\\b']) {
    expect(identity(on, [{ ...all, defaultServiceAccount: name }])).toEqual({
      error: `default service account contains invalid chars '${name}'`,
    })
  }
})
