import { expect, it } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { createAccess } from './access.ts'

const project: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'team' },
  spec: {
    roles: [
      { name: 'ci', policies: ['p, proj:team:ci, applications, sync, team/*, allow'], groups: ['deployers'] },
      { name: 'broken', policies: ['nonsense'] },
    ],
  },
}

function access(rbac: Record<string, string> = {}) {
  const held = { rbac }
  const made = createAccess({ rbac: () => held.rbac, project: (name) => (name === 'team' ? project : undefined) })
  const may = (username: string, ask: [string, string, string], groups: string[] = []): boolean =>
    made.allows({ username, issuedAt: 0, groups }, ...ask)
  return { may, held }
}

it('lets a role do what its project lets it, in that project', () => {
  const { may } = access()
  expect(may('proj:team:ci', ['applications', 'sync', 'team/web'])).toBe(true)
  expect(may('proj:team:ci', ['applications', 'delete', 'team/web'])).toBe(false)
  expect(may('proj:team:ci', ['projects', 'get', 'team'])).toBe(true)
  expect(may('proj:other:ci', ['applications', 'sync', 'team/web'])).toBe(false)
})

it('lets the groups of a role in', () => {
  const { may } = access()
  expect(may('eva', ['applications', 'sync', 'team/web'], ['deployers'])).toBe(true)
  expect(may('eva', ['applications', 'sync', 'team/web'], ['others'])).toBe(false)
})

it('lets nobody take away what the default role allows, and a denial beat every other rule', () => {
  const csv = 'p, eva, applications, *, */*, allow\np, eva, applications, delete, prod/*, deny'
  const { may } = access({ 'policy.csv': csv, 'policy.default': 'role:readonly' })
  expect(may('eva', ['applications', 'delete', 'dev/a'])).toBe(true)
  expect(may('eva', ['applications', 'delete', 'prod/a'])).toBe(false)
  expect(may('anybody', ['applications', 'get', 'prod/a'])).toBe(true)
})

it('takes a change of the policy at once', () => {
  const { may, held } = access()
  expect(may('eva', ['clusters', 'get', 'x'])).toBe(false)
  held.rbac = { 'policy.csv': 'g, eva, role:admin' }
  expect(may('eva', ['clusters', 'get', 'x'])).toBe(true)
})
