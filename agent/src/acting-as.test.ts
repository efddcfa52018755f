import type { ApiRequest } from './cluster/client.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'

let world: EngineWorld
const asked: ApiRequest[] = []

beforeAll(async () => {
  world = await startEngineWorld({ onRequest: (request) => asked.push(request) })
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const on = { 'application.sync.impersonation.enabled': 'true' }

function settingsOf(name: string, accounts: unknown[]) {
  const projectSpec = { ...automatedSettings.projectSpec, destinationServiceAccounts: accounts }
  const destination = { server: 's', namespace: name }
  return { ...automatedSettings, instance: name, destination, projectSpec, argocdCm: on }
}

/** As whom what lies in a namespace was written. */
function writers(namespace: string): (string | undefined)[] {
  const writes = asked.filter(({ method, path }) => method !== 'GET' && path.includes(`/namespaces/${namespace}`))
  return [...new Set(writes.map((request) => request.as))]
}

const deployer = { server: '*', namespace: '*', defaultServiceAccount: 'deployer' }

test('§3.13: a sync, its prunes and the deletion are done as the service account of the project', async () => {
  const { desired, cluster } = world
  const settings = settingsOf('acting', [deployer])
  const subjects = [{ kind: 'ServiceAccount', namespace: 'acting', name: 'deployer' }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'deployer' }, subjects, roleRef }
  await cluster.request({ method: 'POST', path: `/apis/${apiVersion}/clusterrolebindings`, body: binding })
  desired.assign('argocd/acting', [configMap('a'), configMap('b')], settings, 'one')
  await desired.until('argocd/acting', ({ sync, revisions }) => sync === 'Synced' && revisions[0] === 'one')
  desired.assign('argocd/acting', [configMap('a')], settings, 'two')
  await desired.until('argocd/acting', ({ sync, revisions }) => sync === 'Synced' && revisions[0] === 'two')
  desired.change('argocd/acting', { cascade: 'background' })
  await desired.until('argocd/acting', ({ deleted }) => deleted === true)
  expect(writers('acting')).toEqual(['system:serviceaccount:acting:deployer'])
})

test('§3.13: without an account nothing is written, and the operation says why', async () => {
  const { desired } = world
  desired.assign('argocd/nobody', [configMap('a')], settingsOf('nobody', []), 'one')
  const { operationState } = await desired.until('argocd/nobody', (report) => report.operationState !== undefined)
  expect(operationState?.message).toMatch(
    /^no matching service account found for destination server s and namespace nobody/,
  )
  expect(writers('nobody')).toEqual([])
})

test('§3.13: an account that may not do it is refused by the API server', async () => {
  const { desired } = world
  const stranger = { ...deployer, defaultServiceAccount: 'stranger' }
  desired.assign('argocd/refused', [configMap('a')], settingsOf('refused', [stranger]), 'one')
  const { operationState } = await desired.until('argocd/refused', (report) => {
    return report.operationState?.message?.includes('forbidden') ?? false
  })
  expect(operationState?.message).toContain('User "system:serviceaccount:refused:stranger" cannot')
})

test('§3.13: nobody is impersonated where the settings do not ask for it', async () => {
  const { desired } = world
  const settings = { ...settingsOf('plain', [deployer]), argocdCm: {} }
  desired.assign('argocd/plain', [configMap('a')], settings, 'one')
  await desired.until('argocd/plain', ({ sync }) => sync === 'Synced')
  expect(writers('plain')).toEqual([undefined])
})
