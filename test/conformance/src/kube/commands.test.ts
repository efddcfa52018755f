import { realRandom } from '@flotilla/shared/runtime/random'
import { resolveTool } from '@flotilla/shared/runtime/tools'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from './client.ts'
import { judge, readExceptions } from './exceptions.ts'
import { playTranscript, type CommandWorld } from './play-commands.ts'
import { transcriptsFor } from './recordings.ts'
import { worlds } from './worlds.ts'

const exceptions = readExceptions().commands

describe.each(['api', 'controllers'] as const)('what kubectl and Helm printed, by %s', (name) => {
  let world: CommandWorld
  let close: () => Promise<void>

  beforeAll(async () => {
    const { server, tokens, ...rest } = await worlds[name]()
    const client = new Client(server, tokens)
    // The versions of the recordings: those of the npm package, not what this machine happens to have.
    const env = { ...process.env, PATH: '' }
    const tools = { kubectl: await resolveTool('kubectl', { env }), helm: await resolveTool('helm', { env }) }
    world = { server, tokens, client, tools, random: realRandom, now: () => Date.now() }
    close = async () => {
      client.close()
      await rest.close()
    }
  })
  afterAll(() => close())

  test.concurrent.each(transcriptsFor(name).map((one) => [one.name, one] as const))(
    '%s',
    { retry: 1 },
    async (id, transcript) => {
      expect(judge(await playTranscript(transcript, world), exceptions[id], name)).toBeUndefined()
    },
  )
})
