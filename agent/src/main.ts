import { clusterOf } from './cluster-engine.ts'
import { AGENT_USAGE } from './config.ts'
import { runAgent } from './run.ts'

/** Runs an agent until the process is asked to end. Answers the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(AGENT_USAGE)
    return 0
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  // A hub that was killed can stop nobody; an agent beside it must not outlive it.
  const tied = process.env['FLOTILLA_END_WITH_STDIN'] === '1'
  if (tied) process.stdin.once('end', () => stop.abort()).resume()
  const code = await runAgent({
    args: argv,
    env: process.env,
    stderr: (text) => void process.stderr.write(text),
    signal: stop.signal,
    cluster: (config) => clusterOf(config, process.env),
  })
  // The hub waits for this process before it lets the pipe go.
  if (tied) process.stdin.destroy()
  return code
}
