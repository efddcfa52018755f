import { expect, it } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { createAccess } from './access.ts'

const project: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'team' },
  spec: {
    roles: [{ name: 'ci', policies: ['p, proj:team:ci, applications, sync, team/*, allow'], groups: ['deployers'] }],
  },
}

const spoiled: KubeObject = {
  ...project,
  metadata: { name: 'spoiled' },
  spec: { roles: [{ name: 'ci', policies: ['p, proj:spoiled:ci, applications, *, spoiled/*, allow', 'nonsense'] }] },
}

function access(rbac: Record<string, string> = {}) {
  const held = { rbac }
  const told: string[] = []
  const made = createAccess({
    rbac: () => held.rbac,
    project: (name) => [project, spoiled].find(({ metadata }) => metadata.name === name),
    broken: (name, lines) => told.push(`${name}: ${lines.join()}`),
  })
  const may = (username: string, ask: [string, string, string], groups: string[] = []): boolean =>
    made.allows({ username, issuedAt: 0, groups }, ...ask)
  return { may, held, told }
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

it('T-38: lets nobody take away what the default role allows, and a denial beat every other rule', () => {
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

it('T-38: lets a policy count for nothing that has a line it cannot read, which might deny, and tells of it', () => {
  const csv = 'p, eva, clusters, *, *, allow\np, eva, clusters, delete, *, deny, too, much'
  const { may, told, held } = access({ 'policy.csv': csv })
  expect(may('eva', ['clusters', 'get', 'x'])).toBe(false)
  expect(may('admin', ['clusters', 'get', 'x'])).toBe(true)
  expect(told).toEqual([': p, eva, clusters, delete, *, deny, too, much'])
  held.rbac = { 'policy.csv': 'p, eva, applications, get, spoiled/*, allow' }
  expect(may('proj:spoiled:ci', ['applications', 'get', 'spoiled/x'])).toBe(false)
  expect(may('eva', ['applications', 'get', 'spoiled/x'])).toBe(true)
  expect(told.slice(1)).toEqual(['spoiled: nonsense'])
})

it('refuses who is named in a rule whose expression cannot be understood, and nobody else', () => {
  const csv = 'p, eva, clusters, get, .*, allow\np, eva, clusters, g(et, .*, deny\np, kim, clusters, get, .*, allow'
  const { may } = access({ 'policy.csv': csv, 'policy.matchMode': 'regex' })
  expect(may('eva', ['clusters', 'get', 'x'])).toBe(false)
  expect(may('kim', ['clusters', 'get', 'x'])).toBe(true)
})

it('follows roles of roles ten deep', () => {
  const links = Array.from({ length: 11 }, (_, at) => `g, r${at}, r${at + 1}`)
  const { may } = access({ 'policy.csv': [...links, 'p, r11, clusters, get, *, allow'].join('\n') })
  expect(may('r1', ['clusters', 'get', 'x'])).toBe(true)
  expect(may('r0', ['clusters', 'get', 'x'])).toBe(false)
})

it('T-37: lets no token into another project, nor one that names no role', () => {
  const { may } = access({ 'policy.default': 'role:admin' })
  expect(may('proj:spoiled:ci', ['applications', 'get', 'team/web'])).toBe(false)
  expect(may('proj:team', ['applications', 'get', 'team/web'])).toBe(false)
})
