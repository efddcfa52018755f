import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster, type Cluster } from './cluster.ts'
import { resources } from './machinery/resources.ts'

let cluster: Cluster
const secrets = { ...resources.secrets, namespace: 'default' }
const accounts = { ...resources.serviceAccounts, namespace: 'default' }

beforeEach(async () => {
  cluster = await createCluster({ clock: realClock, random: realRandom })
})
afterEach(() => cluster.close())

const secretOf = (account: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `${account}-token`, annotations: { 'kubernetes.io/service-account.name': account } },
  type: 'kubernetes.io/service-account-token',
})

/** Looks again and again, for at most ten seconds, until something holds. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error('it did not happen')
}

test('a Secret that wants a token gets one, as long as its account is there', async () => {
  await cluster.objects.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } })
  await cluster.objects.create(secrets, secretOf('bot'))
  const ref = { ...secrets, name: 'bot-token' }
  const data = await until(async () => (await cluster.objects.get(ref))['data'] as Record<string, string> | undefined)
  expect(Object.keys(data).sort()).toEqual(['ca.crt', 'namespace', 'token'])
  const payload =
    Buffer.from(data['token'] ?? '', 'base64')
      .toString('utf8')
      .split('.')[1] ?? ''
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).toMatchObject({
    sub: 'system:serviceaccount:default:bot',
    'kubernetes.io/serviceaccount/secret.name': 'bot-token',
  })
  await cluster.objects.delete({ ...accounts, name: 'bot' })
  await until(async () => {
    try {
      await cluster.objects.get(ref)
      return undefined
    } catch (error) {
      return error instanceof StatusError && error.code === 404 ? true : undefined
    }
  })
})

test('a policy is told that it was looked at', async () => {
  const ref = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' }
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
  const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] }
  const apiVersion = `${ref.group}/v1`
  await cluster.objects.create(ref, { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec })
  const status = await until(async () => {
    const found = (await cluster.objects.get({ ...ref, name: 'p' }))['status'] as { observedGeneration?: number }
    return found.observedGeneration === undefined ? undefined : found
  })
  expect(status).toEqual({ observedGeneration: 1, typeChecking: {} })
})
