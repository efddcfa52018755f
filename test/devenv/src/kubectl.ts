import { spawn } from 'node:child_process'
import { resolveTool } from '@flotilla/shared/runtime/tools'

// kubectl as it is found on this machine, else the one that comes with the dependencies: npm run -s kubectl -- ARGS
const { command, args } = await resolveTool('kubectl')
const child = spawn(command, [...args, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0)
})
