#!/usr/bin/env node
// Runs the command line: from dist where it was built, else from source through tsx.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'

// Programs that run for months. A nursery is swept in a moment: to share that between threads costs more than it saves.
const flags = {
  // A heap that grows in steps costs a little more work and much less memory; what is seldom run is not worth compiling.
  hub: ['--no-parallel-scavenge', '--heap-growing-percent=60', '--interrupt-budget=200000'],
  // What an agent reads of its cluster is gone in a moment: a nursery that does not grow costs no more work.
  agent: [
    '--no-parallel-scavenge',
    '--heap-growing-percent=25',
    '--semi-space-growth-factor=1',
    '--interrupt-budget=200000',
  ],
}
for (const flag of flags[process.argv[2]] ?? []) v8.setFlagsFromString(flag)

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
