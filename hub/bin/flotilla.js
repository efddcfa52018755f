#!/usr/bin/env node
// Runs the command line: from dist where it was built, else from source through tsx.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'

if (['hub', 'agent'].includes(process.argv[2])) {
  // Programs that run for months: a heap that grows in small steps costs a little more work and much less memory.
  v8.setFlagsFromString('--heap-growing-percent=25')
  // A nursery is swept in a moment: to share that between threads costs more than it saves.
  v8.setFlagsFromString('--no-parallel-scavenge')
}
// What an agent reads of its cluster is gone in a moment: a nursery that does not grow costs no more work.
if (process.argv[2] === 'agent') v8.setFlagsFromString('--semi-space-growth-factor=1')

const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
if (existsSync(built)) await import(built)
else {
  const source = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
  const tsx = import.meta.resolve('tsx')
  const child = spawn(process.execPath, ['--conditions=source', '--import', tsx, source, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}
