import { expect, it } from 'vitest'
import { projectShape, specIsDifferent } from './spec-difference.ts'

const before = {
  sourceRepos: ['*'],
  description: 'demo',
  roles: [{ name: 'dev', policies: ['p, a'] }],
  syncWindows: [{ kind: 'deny' }],
}

it.each([
  ['nothing', before, undefined],
  ['what Go leaves out', { ...before, permitOnlyProjectScopedClusters: false, sourceNamespaces: [] }, undefined],
  [
    'fields that are gone',
    { sourceRepos: ['*'], syncWindows: [{ kind: 'deny' }] },
    'Description,Roles,0,Name,Roles,0,Policies,0',
  ],
  ['an element that was added', { ...before, sourceRepos: ['*', 'x'] }, 'SourceRepos,1'],
  ['a pointer as a whole', { ...before, syncWindows: [{ kind: 'allow' }] }, 'SyncWindows,0'],
  ['an order that is another', { ...before, sourceRepos: ['*'], roles: before.roles }, undefined],
])('tells %s', (_what, after, keys) => {
  const basic = 'existing project spec is different; use upsert flag to force update'
  expect(specIsDifferent('project', projectShape, before, after)).toBe(
    keys === undefined ? basic : `${basic}; difference in keys "${keys}"`,
  )
})
