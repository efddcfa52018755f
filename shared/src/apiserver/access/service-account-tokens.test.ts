import { beforeEach, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { seededRandom } from '../../runtime/random.ts'
import type { VirtualRequest } from '../hooks.ts'
import { MemoryStore } from '../memory-store.ts'
import { StatusError } from '../status-error.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { requestToken } from './token-request.ts'
import { reviewToken } from './token-review.ts'

let now = Date.parse('2026-01-01T12:00:00Z')
let store: MemoryStore
let tokens: ServiceAccountTokens
const clock = { now: () => now, after: () => () => undefined }

const object = (kind: string, name: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'a', uid: `${name}-uid` },
  ...more,
})
const keyOf = (resource: string, name: string) => ({ resource, namespace: 'a', name })

beforeEach(async () => {
  store = new MemoryStore()
  tokens = new ServiceAccountTokens({ store, clock, random: seededRandom(1) })
  await store.create(keyOf('serviceaccounts', 'bot'), object('ServiceAccount', 'bot'))
  await store.create(keyOf('pods', 'p'), object('Pod', 'p', { spec: { serviceAccountName: 'bot', nodeName: 'n1' } }))
})

function request(spec: object, metadata: KubeObject['metadata'] = {}): VirtualRequest {
  const resource = { group: '', plural: 'serviceaccounts' } as VirtualRequest['resource']
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec }
  const actor = { user: 'admin', groups: [] }
  return {
    resource,
    subresource: 'token',
    namespace: 'a',
    name: 'bot',
    body,
    actor,
    dryRun: false,
    warn: () => undefined,
  }
}

async function issue(spec: object): Promise<string> {
  const { status } = await requestToken(request(spec), tokens, store, clock)
  return (status as { token: string }).token
}

describe('a token', () => {
  test('is that of its account, for an hour', async () => {
    const made = await requestToken(request({}), tokens, store, clock)
    expect(made).toMatchObject({
      metadata: { name: 'bot', namespace: 'a', uid: 'bot-uid' },
      spec: { audiences: [tokens.issuer], expirationSeconds: 3600, boundObjectRef: null },
      status: { expirationTimestamp: '2026-01-01T13:00:00Z' },
    })
    const { token } = made['status'] as { token: string }
    expect((await tokens.verify(token))?.actor).toMatchObject({
      user: 'system:serviceaccount:a:bot',
      uid: 'bot-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
    })
    now += 3601_000
    await expect(tokens.verify(token)).rejects.toThrow('Unauthorized')
  })

  test('dies with its account', async () => {
    const token = await issue({})
    const stored = await store.get(keyOf('serviceaccounts', 'bot'))
    await store.remove(keyOf('serviceaccounts', 'bot'), stored?.revision ?? '')
    await expect(tokens.verify(token)).rejects.toThrow('Unauthorized')
  })

  test('dies with the pod that it is bound to, and tells of it', async () => {
    const token = await issue({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })
    expect((await tokens.verify(token))?.actor.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': ['p-uid'],
      'authentication.kubernetes.io/node-name': ['n1'],
    })
    const stored = await store.get(keyOf('pods', 'p'))
    await store.remove(keyOf('pods', 'p'), stored?.revision ?? '')
    await expect(tokens.verify(token)).rejects.toThrow('Unauthorized')
  })

  test('is good for its audiences alone', async () => {
    const token = await issue({ audiences: ['vault'] })
    await expect(tokens.verify(token)).rejects.toThrow('Unauthorized')
    expect((await tokens.verify(token, ['other', 'vault']))?.audiences).toEqual(['vault'])
  })

  test('of somebody else is not known', async () => {
    const other = new ServiceAccountTokens({ store, clock, random: seededRandom(2) })
    expect(await other.verify(await issue({}))).toBeUndefined()
    expect(await tokens.verify('nonsense')).toBeUndefined()
  })
})

describe('a request for a token', () => {
  test.each([
    [
      { expirationSeconds: 300 },
      {},
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes',
    ],
    [
      {},
      { name: 'x' },
      'TokenRequest.authentication.k8s.io "bot" is invalid: metadata.name: Invalid value: "x": must match the service account name if specified',
    ],
    [
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'c' } },
      {},
      'cannot bind token to object of type /v1, Kind=ConfigMap',
    ],
    [{ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'c' } }, {}, 'secrets "c" not found'],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } },
      {},
      'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ])('%o is refused', async (spec, metadata, why) => {
    await expect(requestToken(request(spec, metadata), tokens, store, clock)).rejects.toThrow(why)
  })
})

describe('a review of a token', () => {
  const review = async (token: string, audiences?: string[]): Promise<unknown> =>
    (await reviewToken(request({ token, ...(audiences ? { audiences } : {}) }), tokens, []))['status']

  test('tells whose it is, and for whom', async () => {
    expect(await review(await issue({ audiences: ['vault', 'other'] }), ['vault'])).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:a:bot' },
      audiences: ['vault'],
    })
  })

  test('tells that it is not known, or good for others', async () => {
    expect(await review('nonsense')).toEqual({ user: {} })
    expect(await review(await issue({ audiences: ['vault'] }), ['other'])).toMatchObject({
      user: {},
      error: 'token audiences ["vault"] is invalid for the target audiences ["other"]',
    })
  })

  test('tells why it holds no more', async () => {
    const token = await issue({})
    const stored = await store.get(keyOf('serviceaccounts', 'bot'))
    await store.remove(keyOf('serviceaccounts', 'bot'), stored?.revision ?? '')
    expect(await review(token)).toEqual({ user: {}, error: 'serviceaccounts "bot" not found' })
  })

  test('needs one', async () => {
    await expect(review('')).rejects.toBeInstanceOf(StatusError)
  })
})

test('the token of a Secret lives as long as the Secret holds it', async () => {
  const secret = object('Secret', 's', { type: 'kubernetes.io/service-account-token' })
  const account = object('ServiceAccount', 'bot')
  const token = await tokens.issueForSecret(account, secret)
  await expect(tokens.verify(token)).rejects.toThrow('Unauthorized')
  await store.create(keyOf('secrets', 's'), { ...secret, data: { token: Buffer.from(token).toString('base64') } })
  expect((await tokens.verify(token))?.actor.user).toBe('system:serviceaccount:a:bot')
})
