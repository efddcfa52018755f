import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flotilla as runFlotilla, type Ran } from './command-line.ts'
import { password, restWorld, type RestWorld } from './rest-world.ts'

let world: RestWorld
let token: string

beforeAll(async () => {
  world = await restWorld()
  token = await world.login('admin', password)
  for (const [name, team] of [
    ['red-app', 'red'],
    ['blue-app', 'blue'],
  ]) {
    const source = { repoURL: 'https://git.example/app.git', path: 'app' }
    const spec = { project: 'default', source, destination: { name: 'in-cluster', namespace: 'default' } }
    const body = { metadata: { name, labels: { team } }, spec }
    await world.call('POST', '/api/v1/applications?validate=false', { token, body })
  }
})
afterAll(() => world.stop())

const flotilla = (...args: string[]): Promise<Ran> => runFlotilla({ hub: world.hub.url, dir: world.dir }, args)
const signedIn = (...args: string[]): Promise<Ran> => flotilla(...args, '--auth-token', token)

describe('flotilla', () => {
  it('prints tables that line up', async () => {
    const { code, out } = await signedIn('app', 'list')
    const [head = '', ...rows] = out.trimEnd().split('\n')
    expect(code).toBe(0)
    expect(head.split(/\s+/)).toEqual([
      'NAME',
      'CLUSTER',
      'NAMESPACE',
      'PROJECT',
      'STATUS',
      'HEALTH',
      'SYNCPOLICY',
      'CONDITIONS',
      'REPO',
      'PATH',
      'TARGET',
    ])
    expect(rows.map((row) => row.split(/\s+/)[0])).toEqual(['argocd/blue-app', 'argocd/red-app'])
    const column = head.indexOf('CLUSTER')
    expect(rows.every((row) => row.slice(column).startsWith('in-cluster'))).toBe(true)
  })

  it('prints names, JSON and YAML', async () => {
    const names = await signedIn('app', 'list', '-l', 'team=red', '-o', 'name')
    expect([names.code, names.out]).toEqual([0, 'argocd/red-app\n'])
    const json = await signedIn('app', 'get', 'red-app', '-o', 'json')
    expect((JSON.parse(json.out) as { metadata: { name: string } }).metadata.name).toBe('red-app')
    const yaml = await signedIn('app', 'get', 'red-app', '-o', 'yaml')
    expect(yaml.out).toMatch(/^metadata:\n/m)
    expect(yaml.out).toContain('  name: red-app\n')
  })

  it('explains what to do about a field that cannot change', async () => {
    const at = { group: 'argoproj.io', version: 'v1alpha1', resource: 'applications', namespace: 'argocd' }
    const message = 'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable'
    const row = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'web' }
    const resources = [{ ...row, status: 'SyncFailed', message }]
    const run = { operation: {}, phase: 'Failed', startedAt: '2030-01-01T00:00:00Z', syncResult: { resources } }
    const status = { operationState: { ...run, finishedAt: '2030-01-01T00:00:01Z' } }
    await world.hub.objects.patch({ ...at, name: 'blue-app' }, { status }, { type: 'merge' })
    const { code, out } = await signedIn('app', 'explain', 'blue-app')
    expect(code).toBe(0)
    expect(out).toMatch(/^blue-app is \w+ and \w+\.\n/)
    expect(out).toMatch(/^The last operation ended as Failed: /m)
    expect(out).toMatch(/^- apps\/Deployment default\/web: Deployment\.apps "web" is invalid: /m)
    expect(out).toMatch(/^What to do: spec\.selector of Deployment\.apps "web" in namespace "default" cannot change/m)
    expect(out).toMatch(/^It waits for nothing\.\n$/m)
  })

  it('ends with 20 and the reason where the hub refuses', async () => {
    const missing = await signedIn('app', 'get', 'nope')
    expect([missing.code, missing.out]).toEqual([20, ''])
    expect(missing.err).toContain('permission denied')
    const bad = await signedIn('app', 'set', 'red-app', '--project', 'nope')
    expect([bad.code, bad.err]).toEqual([20, expect.stringContaining('the project does not exist') as string])
  })

  it('says where the hub cannot be reached, and how to sign in', async () => {
    const away = await flotilla('app', 'list', '--server', '127.0.0.1:1', '--auth-token', token)
    expect(away.code).toBe(20)
    expect(away.err).toContain('cannot reach the hub')
    const unknown = await flotilla('app', 'list')
    expect(unknown.code).not.toBe(0)
    expect(unknown.err).toMatch(/login|no session information/)
  })

  it('says what a command takes, and refuses what it does not know', async () => {
    const help = await flotilla('app', 'sync', '--help')
    expect(help.code).toBe(0)
    expect(help.out).toContain('Usage: flotilla app sync')
    expect(help.out).toContain('--prune')
    const top = await flotilla('--help')
    expect(top.out).toContain('First steps:')
    const wrong = await signedIn('app', 'sink')
    expect(wrong.code).not.toBe(0)
    expect(wrong.err).toContain('sink')
  })

  it('signs in, and speaks for whoever did from then on', async () => {
    const login = await flotilla('login', new URL(world.hub.url).host, '--username', 'admin', '--password', password)
    expect(login.code).toBe(0)
    expect(login.out).toContain("'admin:login' logged in successfully")
    const info = await flotilla('account', 'get-user-info')
    expect(info.out).toContain('Username: admin')
  })
})
