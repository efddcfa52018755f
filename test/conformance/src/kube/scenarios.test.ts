import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from './client.ts'
import { judge, readExceptions } from './exceptions.ts'
import { playScenario } from './play.ts'
import { scenariosFor } from './recordings.ts'
import { worlds, type World, type WorldName } from './worlds.ts'

const exceptions = readExceptions().scenarios

describe.each<WorldName>(['api', 'controllers', 'hub', 'hub-store'])(
  'what a real API server answered, by %s',
  (name) => {
    let world: World
    let client: Client

    beforeAll(async () => {
      world = await worlds[name]()
      client = new Client(world.server, world.tokens)
    })
    afterAll(async () => {
      client.close()
      await world.close()
    })

    // Versions and times move when a second ends in the middle of a scenario, on a real server too: then it is played again.
    test.concurrent.each(scenariosFor(name).map((one) => [one.name, one] as const))(
      '%s',
      { retry: 1 },
      async (id, scenario) => {
        expect(judge(await playScenario(scenario, client, realRandom), exceptions[id], name)).toBeUndefined()
      },
    )
  },
)
