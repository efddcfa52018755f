import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { realRandom } from '@flotilla/shared/runtime/random'
import { resolveTool } from '@flotilla/shared/runtime/tools'
import { orderedBy } from '@flotilla/shared/lang/order'
import { Client } from './client.ts'
import { exceptionsFile, readExceptions, type Exception } from './exceptions.ts'
import { playTranscript } from './play-commands.ts'
import { playScenario, type Mismatch } from './play.ts'
import { scenariosFor, transcriptsFor } from './recordings.ts'
import { worlds, type World, type WorldName } from './worlds.ts'

const help = `Plays the recordings of a real API server, kubectl and Helm, and prints what differs.

  npm run conformance -- [--only TEXT] [--world api|controllers|hub] [--no-commands] [--update]

  --only TEXT      recordings whose name contains it
  --world NAME     an API server alone, one with controllers, or the hub's own API (default: all)
  --no-commands    scenarios alone, without kubectl and Helm
  --update         rewrite test/conformance/exceptions.json: what is right leaves the list, what is not comes on it
                   with an empty reason, which the tests refuse until somebody has written one
`

interface Result {
  readonly form: 'scenarios' | 'commands'
  readonly name: string
  readonly world: WorldName
  readonly mismatches: readonly Mismatch[]
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    world: { type: 'string' },
    commands: { type: 'boolean', default: true },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowNegative: true,
})

async function playWorld(name: WorldName, results: Result[]): Promise<void> {
  const world = await worlds[name]()
  const client = new Client(world.server, world.tokens)
  const add = (form: Result['form'], one: { readonly name: string }, mismatches: readonly Mismatch[]): void => {
    results.push({ form, name: one.name, world: name, mismatches })
  }
  const wanted = ({ name: id }: { readonly name: string }): boolean => id.includes(values.only)
  await inParallel(scenariosFor(name).filter(wanted), 6, async (one) =>
    add('scenarios', one, await playScenario(one, client, realRandom)),
  )
  if (name !== 'hub' && name !== 'hub-store' && values.commands) {
    const play = await commandPlayer(world, client)
    await inParallel(transcriptsFor(name).filter(wanted), 3, async (one) => add('commands', one, await play(one)))
  }
  client.close()
  await world.close()
}

async function commandPlayer(world: World, client: Client) {
  const env = { ...process.env, PATH: '' }
  const tools = { kubectl: await resolveTool('kubectl', { env }), helm: await resolveTool('helm', { env }) }
  const commands = { ...world, client, tools, random: realRandom, now: () => Date.now() }
  return (one: Parameters<typeof playTranscript>[0]) => playTranscript(one, commands)
}

async function inParallel<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** The list as it is now, with the reasons that people wrote. */
function listOf(form: Result['form'], results: readonly Result[]): Record<string, Exception> {
  const known = readExceptions()[form]
  const list: Record<string, Exception> = {}
  for (const { name } of results.filter((one) => one.form === form).toSorted(orderedBy((one) => one.name))) {
    const on = results.filter((one) => one.form === form && one.name === name && one.mismatches.length > 0)
    if (on.length > 0) list[name] = { reason: known[name]?.reason ?? '', on: on.map(({ world }) => world) }
  }
  return list
}

if (values.help) process.stdout.write(help)
else if (values.update && (values.only !== '' || values.world !== undefined || !values.commands))
  process.stderr.write('--update needs all recordings: leave out --only, --world and --no-commands\n')
else {
  const results: Result[] = []
  for (const name of ['api', 'controllers', 'hub'] as const)
    if (values.world === undefined || values.world === name) await playWorld(name, results)
  const wrong = results.filter(({ mismatches }) => mismatches.length > 0)
  for (const { name, world, mismatches } of wrong) {
    process.stdout.write(`${name} (${world})\n`)
    for (const mismatch of values.only === '' ? mismatches.slice(0, 3) : mismatches)
      process.stdout.write(`  ${JSON.stringify(mismatch)}\n`)
  }
  if (values.update) {
    const lists = { scenarios: listOf('scenarios', results), commands: listOf('commands', results) }
    await writeFile(exceptionsFile, `${JSON.stringify(lists, undefined, 2)}\n`)
  }
  for (const world of ['api', 'controllers', 'hub'] as const) {
    const [right, all] = [wrong, results].map((list) => list.filter((one) => one.world === world).length)
    process.stdout.write(`${world}: ${(all ?? 0) - (right ?? 0)} of ${all}\n`)
  }
  process.stdout.write(`${results.length - wrong.length} passed, ${wrong.length} failed\n`)
}
