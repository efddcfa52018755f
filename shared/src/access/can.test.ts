import { expect, it } from 'vitest'
import { rbacCan, type CanQuestion } from './can.ts'

const policy = [
  'p, role:dev, applications, get, */*, allow',
  'p, role:dev, clusters, get, team/*, allow',
  'g, bob, role:dev',
]

function can(args: string, more: Partial<CanQuestion> = {}, rbac: Record<string, string> = {}): boolean | string {
  const [subject = '', action = '', resource = '', object = ''] = args.split(' ')
  try {
    return rbacCan({ 'policy.csv': policy.join('\n'), ...rbac }, { subject, action, resource, object, ...more })
  } catch (error) {
    return (error as Error).message
  }
}

it('knows resources by their short names', () => {
  for (const name of ['app', 'apps', 'application', 'applications']) expect(can(`bob get ${name} any/app`)).toBe(true)
  expect(can('role:readonly get cert x')).toBe(true)
})

it('asks about every object of every project where none is named', () => {
  expect(can('bob get applications')).toBe(true)
  expect(can('bob get applications *')).toBe(true)
  expect(can('bob get clusters')).toBe(false)
})

it('refuses resources and actions that are none, unless it is told not to', () => {
  expect(can('bob get pods x')).toBe("error in RBAC request: 'pods' is not a valid resource name")
  expect(can('bob Get app x/y')).toBe("error in RBAC request: 'Get' is not a valid action for applications")
  expect(can('bob sync/x app x/y')).toBe("error in RBAC request: 'sync/x' is not a valid action for applications")
  expect(can('role:admin update/apps/Deployment app x/y')).toBe(true)
  expect(can('bob fly app x/y', { strict: false })).toBe(false)
})

it('takes the default role that it is given, and does without the built-in ones', () => {
  expect(can('kim sync app x/y', { defaultRole: 'role:admin' }, { 'policy.default': 'role:dev' })).toBe(true)
  expect(can('kim get app x/y', {}, { 'policy.default': 'role:dev' })).toBe(true)
  expect(can('admin sync app x/y', { builtin: false })).toBe(false)
})

it('refuses a policy that cannot be read, with the policy', () => {
  const broken = 'p, x, applications, get, */*'
  const said = `invalid user policy: policy syntax error: ${broken}`
  expect(can('x get clusters c', {}, { 'policy.csv': broken })).toBe(said)
})

it('reads every further part of the policy, whatever its name', () => {
  const line = 'p, carol, applications, get, */*, allow'
  for (const key of ['policy.extra.csv', 'policy..csv']) {
    expect(can('carol get applications', {}, { [key]: line })).toBe(true)
  }
  expect(can('carol get applications', {}, { 'other.csv': line })).toBe(false)
})
