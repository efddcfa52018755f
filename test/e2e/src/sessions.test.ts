import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secretText } from '@flotilla/hub/applications/clusters'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { password, restWorld, type RestWorld } from './rest-world.ts'

/** Who is let in, and by what. */
let world: RestWorld
let key: Buffer
beforeAll(async () => {
  world = await restWorld()
  const secret = await world.hub.objects.get(refOf(resources.secrets, controlNamespace, 'argocd-secret'))
  key = Buffer.from(secretText(secret, 'server.secretkey') ?? '')
})
afterAll(() => world.stop())

const login = (username: string, guess: string) =>
  world.call('POST', '/api/v1/session', { body: { username, password: guess } })

test('T-31: guesses that come all at once are counted as those that come one by one', async () => {
  await world.hub.objects.patch(
    refOf(resources.configMaps, controlNamespace, 'argocd-cm'),
    { data: { 'accounts.guessed': 'login' } },
    { type: 'merge' },
  )
  const admin = await world.login('admin', password)
  const body = { name: 'guessed', currentPassword: password, newPassword: 'right-password' }
  expect((await world.call('PUT', '/api/v1/account/password', { token: admin, body })).status).toBe(200)
  const guesses = [...Array.from({ length: 20 }, (_, n) => `guess-${n}`), 'right-password']
  const answers = await Promise.all(guesses.map((guess) => login('guessed', guess)))
  expect(answers.map(({ status }) => status)).toEqual(guesses.map(() => 401))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect((await login('admin', password)).status).toBe(200)
})

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const nowSeconds = Math.floor(Date.now() / 1000)
// Begun after the password was set, which is when the hub was started.
const claims = {
  iss: 'argocd',
  sub: 'admin:login',
  iat: nowSeconds + 60,
  nbf: nowSeconds,
  exp: nowSeconds + 600,
  jti: 'x',
}
const header = { alg: 'HS256', typ: 'JWT' }
const hmac = (head: object, body: object, by: string | Buffer = key, algorithm = 'sha256'): string => {
  const text = `${part(head)}.${part(body)}`
  return `${text}.${createHmac(algorithm, by).update(text).digest('base64url')}`
}
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signed = (head: object, body: object): string => {
  const text = `${part(head)}.${part(body)}`
  return `${text}.${sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64url')}`
}
const whoami = (token: string) => world.call('GET', '/api/v1/applications', { token })

test('T-30: a token of ours is taken', async () => {
  expect((await whoami(hmac(header, claims))).status).toBe(200)
})

test.each<[string, () => string]>([
  ['no signature', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`],
  ['no signature, said in other letters', () => `${part({ alg: 'nOnE' })}.${part(claims)}.x`],
  ['an empty key', () => hmac(header, claims, '')],
  ['the key of another', () => hmac(header, claims, 'another')],
  ['another algorithm of the same family', () => hmac({ alg: 'HS512' }, claims, key, 'sha512')],
  ['a public key taken for a secret', () => signed({ alg: 'RS256' }, claims)],
  ['a key that it brings', () => signed({ alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) }, claims)],
  ['a place where its key is', () => signed({ alg: 'RS256', jku: 'http://127.0.0.1:1/keys', kid: '../../x' }, claims)],
  ['a name of its key that all objects know', () => hmac({ ...header, kid: '__proto__' }, claims, 'x')],
  ['an extension that nobody knows', () => hmac({ ...header, crit: ['x'], x: 1 }, claims)],
  ['another issuer', () => hmac(header, { ...claims, iss: 'other' })],
  ['no issuer', () => hmac(header, { ...claims, iss: undefined })],
  ['a time that is over', () => hmac(header, { ...claims, exp: nowSeconds - 1 })],
  ['a time that is to come', () => hmac(header, { ...claims, nbf: nowSeconds + 600 })],
  ['a time that is no number', () => hmac(header, { ...claims, exp: 'never' })],
  ['nobody', () => hmac(header, { ...claims, sub: undefined })],
  ['a number', () => hmac(header, { ...claims, sub: 5 })],
  ['who does not exist', () => hmac(header, { ...claims, sub: 'nobody:login' })],
  ['what all objects know', () => hmac(header, { ...claims, sub: '__proto__:login' })],
  ['a role of no project', () => hmac(header, { ...claims, sub: 'proj:__proto__:constructor' })],
  ['a token that was never made', () => hmac(header, { ...claims, sub: 'admin:apiKey', jti: 'none' })],
  [
    'claims that are no map',
    () => `${part(header)}.${part([1])}.${createHmac('sha256', key).update('x').digest('base64url')}`,
  ],
  ['no text', () => '..'],
  ['an encrypted token', () => `${part({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`],
])('T-30: a token with %s is refused, in the same words as every other', async (_, make) => {
  const { status, body } = await whoami(make())
  expect([status, body['error']]).toEqual([401, expect.stringMatching(/^(invalid session|no session information)/)])
})

test('T-30: a token in a cookie that cannot be read is none', async () => {
  for (const cookie of ['argocd.token=%E0%A4%A', 'argocd.token=a.b.c', 'argocd.token=%', 'argocd.token='])
    expect((await world.call('GET', '/api/v1/applications', { headers: { cookie } })).status).toBe(401)
})

test.each([
  '/api/v1/clusters/%25',
  '/api/v1/clusters/%25E0%25A4?id.type=name_escaped',
  '/api/v1/applications/%25',
  '/api/v1/applications/%E0%A4%A',
  '/api/v1/repositories/%25E0%25A4%25A',
  '/api/v1/projects/%00',
  '/k8s/api/v1/namespaces/%E0%A4%A',
  '/k8s/api/v1/namespaces/%25',
])('T-12: the path %s is a mistake of who asks', async (path) => {
  const { status } = await world.call('GET', path, { token: hmac(header, claims) })
  expect([400, 403, 404]).toContain(status)
})
