import { afterAll, beforeAll, expect, test } from 'vitest'
import { configMap, FleetWorld } from './fleet-world.ts'

let fleet: FleetWorld
beforeAll(async () => {
  fleet = await FleetWorld.open()
})
afterAll(() => fleet[Symbol.asyncDispose]())

test('F-29: many objects, a very large one and one that is too large: only that fails, and says why', async () => {
  const many = Array.from({ length: 500 }, (_, index) => configMap(`m-${index}`, { text: 'x'.repeat(2_000) }))
  const large = configMap('large', { text: 'y'.repeat(900_000) })
  const tooLarge = configMap('too-large', {}, { note: 'z'.repeat(300_000) })
  const retry = { limit: 1, backoff: { duration: '1s' } }
  await fleet.app(
    'large',
    { 'many.yaml': many.join('\n---\n'), 'large.yaml': large, 'z.yaml': tooLarge },
    { syncPolicy: { automated: {}, retry, syncOptions: ['CreateNamespace=true'] } },
  )
  const app = await fleet.until('large', ({ status }) =>
    (status?.operationState?.syncResult?.resources ?? []).some(({ status: row }) => row === 'SyncFailed'),
  )
  const failed = (app.status?.operationState?.syncResult?.resources ?? []).filter(
    ({ status }) => status === 'SyncFailed',
  )
  expect(failed.map(({ name }) => name)).toEqual(['too-large'])
  expect(failed[0]?.message).toMatch(/metadata\.annotations: Too long: may not be more than 262144 bytes/)
  const live = (await fleet.live('ConfigMap', 'large', 'large'))?.['data'] as { text?: string } | undefined
  expect(live?.text).toHaveLength(900_000)
  expect(await fleet.live('ConfigMap', 'large', 'm-499')).toBeDefined()
  const commit = await fleet.world.git.commit('large', { 'z.yaml': configMap('too-large') })
  await fleet.settled('large', commit, 60_000)
})
