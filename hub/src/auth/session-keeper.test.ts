import bcrypt from 'bcryptjs'
import { expect, test } from 'vitest'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { LoginGuard } from './login-guard.ts'
import { SessionKeeper } from './session-keeper.ts'

const password = 'right-password'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function keeperOf(names: readonly string[]) {
  const clock = virtualClock()
  const hash = await bcrypt.hash(password, 4)
  const data = {
    'server.secretkey': base64('key'),
    'admin.password': base64(hash),
    'admin.passwordMtime': base64('2020-01-01T00:00:00Z'),
    ...Object.fromEntries(names.map((name) => [`accounts.${name}.password`, base64(hash)])),
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret' }, data }
  const keeper = new SessionKeeper({
    objects: { get: async () => secret } as unknown as Objects,
    clock,
    random: seededRandom(1),
    cm: () => Object.fromEntries(names.map((name) => [`accounts.${name}`, 'login'])),
    project: () => undefined,
  })
  await keeper.open()
  const login = (name: string, guess: string): Promise<boolean> =>
    keeper.login(name, guess).then(
      () => true,
      () => false,
    )
  return { clock, login }
}

test('T-31: guesses that come all at once count as those that come one by one', async () => {
  const { clock, login } = await keeperOf(['a', 'b'])
  const guesses = [...Array.from({ length: 5 }, (_, n) => `guess-${n}`), password]
  expect(await Promise.all(guesses.map((guess) => login('a', guess)))).toEqual(guesses.map(() => false))
  expect(await login('b', password)).toBe(true)
  await clock.advance(300_001)
  expect(await login('a', password)).toBe(true)
})

test('T-31: who signs in many times at once, with the right password, is let in each time', async () => {
  const { login } = await keeperOf(['a'])
  expect(await Promise.all(Array.from({ length: 20 }, () => login('a', password)))).not.toContain(false)
})

test('T-31: failures of a name that there is are not forgotten for those of names that are invented', () => {
  const guard = new LoginGuard(virtualClock())
  for (let tries = 0; tries < 5; tries++) guard.failed('a', true)
  for (let count = 0; count < 10_000; count++) guard.failed(`invented-${count}`, false)
  expect(guard.allowed('a')).toBe(false)
})

test('T-31: of a crowd that signs in at once the last are sent away before anything is computed for them', async () => {
  const { login } = await keeperOf(['a'])
  const began = Array.from({ length: 300 }, () => login('a', password))
  const first = await Promise.race([began.at(-1), new Promise((resolve) => setImmediate(resolve))])
  expect(first).toBe(false)
  expect((await Promise.all(began)).filter(Boolean)).toHaveLength(200)
})
