import { expect, it } from 'vitest'
import { followDepartures } from './departures.ts'

function world(secrets: string[], registered: string[]) {
  const forgotten: string[] = []
  let told: (cluster: string) => void = () => undefined
  const entry = { server: '', labels: {}, annotations: {} }
  followDepartures({
    clusters: {
      byName: (name) => (secrets.includes(name) ? [{ name, ...entry }] : []),
      onChange: (callback) => ((told = callback), () => undefined),
    },
    fleet: { registered: () => registered, forget: async (cluster) => void forgotten.push(cluster) },
    failed: () => undefined,
  })
  return { forgotten, tell: (cluster: string) => told(cluster) }
}

it('revokes the agent of a cluster whose Secret was deleted', () => {
  const secrets = ['east', 'west']
  const { forgotten, tell } = world(secrets, ['east', 'west'])
  tell('east')
  expect(forgotten).toEqual([])
  secrets.splice(0, 1)
  tell('east')
  expect(forgotten).toEqual(['east'])
})

it('revokes at the start what lost its Secret while the hub was away', () => {
  expect(world(['west'], ['east', 'west', 'in-cluster']).forgotten).toEqual(['east'])
})
