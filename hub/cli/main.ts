import { setTimeout as sleep } from 'node:timers/promises'
import manifest from '../package.json' with { type: 'json' }

const argv = process.argv.slice(2)

/** The two long-running programs have mains of their own, and load nothing else; all else is a client of the hub. */
const programs: Readonly<Record<string, string>> = { hub: '@flotilla/hub/main', agent: '@flotilla/agent/main' }
const program = programs[argv[0] ?? '']

if (program !== undefined) {
  const { main } = (await import(program)) as { main(this: void, argv: readonly string[]): Promise<number> }
  process.exitCode = await main(argv.slice(1))
} else {
  const [{ run }, { askTerminal }] = await Promise.all([import('./program.ts'), import('./ask.ts')])
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `flotilla app list | head` closes our output early: no mistake.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await run(
    argv,
    {
      env: process.env,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      now: () => Date.now(),
      columns: process.stdout.columns,
      sleep: (ms) => sleep(ms),
    },
    manifest.version,
    askTerminal,
  )
}
