import { clusterOf } from './cluster-engine.ts'
import { runAgent } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
process.exitCode = await runAgent({
  args: process.argv.slice(2),
  env: process.env,
  stderr: (text) => void process.stderr.write(text),
  signal: stop.signal,
  cluster: (config) => clusterOf(config, process.env),
})
