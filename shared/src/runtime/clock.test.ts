import { expect, test } from 'vitest'
import { virtualClock } from './clock.ts'

test('timers of a virtual clock run in order of time, then of age, unless they are cancelled', async () => {
  const clock = virtualClock(0)
  const ran: string[] = []
  const plan = (name: string, ms: number) => clock.after(ms, () => ran.push(`${name}@${clock.now()}`))
  plan('late', 30)
  const first = plan('first', 10)
  const second = plan('second', 10)
  plan('third', 10)
  plan('now', 0)
  clock.after(20, () => plan('nested', 5))
  second()
  second()
  await clock.advance(25)
  first()
  expect(ran).toEqual(['now@0', 'first@10', 'third@10', 'nested@25'])
  expect(clock.now()).toBe(25)
  await clock.advance(5)
  expect(ran.slice(4)).toEqual(['late@30'])
})
