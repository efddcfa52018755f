import { afterAll, beforeAll, expect, test } from 'vitest'
import { configMap, FleetWorld } from './fleet-world.ts'

let fleet: FleetWorld
beforeAll(async () => {
  fleet = await FleetWorld.open()
})
afterAll(() => fleet[Symbol.asyncDispose]())

test('a sync whose manifests cannot be made is tried again as its retry says, and then goes on', async () => {
  await fleet.app('again', { 'a.yaml': configMap('a') }, { syncPolicy: { syncOptions: ['CreateNamespace=true'] } })
  await fleet.until('again', ({ status }) => status?.sync?.status === 'OutOfSync')
  await fleet.world.git.commit('again', { 'a.yaml': 'kind: [' })
  await fleet.until('again', ({ status }) => !!status?.conditions?.some(({ type }) => type === 'ComparisonError'))
  const retry = { limit: 5, backoff: { duration: '3s', factor: 1, maxDuration: '3s' } }
  const sync = { syncOptions: ['CreateNamespace=true'] }
  await fleet.patch('again', { operation: { sync, retry } })
  const waiting = await fleet.until('again', ({ status }) => status?.operationState?.retryCount !== undefined)
  expect(waiting.operation).toBeDefined()
  expect(waiting.status?.operationState).toMatchObject({ phase: 'Running', finishedAt: expect.any(String) })
  expect(waiting.status?.operationState?.message).toMatch(/^ComparisonError: .*\. Retrying attempt #\d at /s)

  await fleet.world.git.commit('again', { 'a.yaml': configMap('a') })
  const done = await fleet.until('again', ({ operation, status }) => !operation && !!status?.operationState?.finishedAt)
  expect(done.status?.operationState).toMatchObject({
    phase: 'Succeeded',
    startedAt: waiting.status?.operationState?.startedAt,
    retryCount: expect.any(Number),
  })
  expect(await fleet.live('ConfigMap', 'again', 'a')).toBeDefined()
})

test('what cannot begin in all its tries ends with their number', async () => {
  await fleet.app('never', { 'a.yaml': configMap('a') }, { syncPolicy: {} })
  const retry = { limit: 2, backoff: { duration: '1s', factor: 1, maxDuration: '1s' } }
  await fleet.patch('never', { operation: { sync: { revision: 'nowhere' }, retry } })
  const { status } = await fleet.until('never', ({ operation }) => operation === undefined)
  expect(status?.operationState).toMatchObject({ phase: 'Error', retryCount: 2 })
  expect(status?.operationState?.message).toMatch(/^ComparisonError: .* \(retried 2 times\)\.$/s)
})
