import { environment } from '@flotilla/shared/runtime/environment'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchKube } from './kube.ts'
import { measureFleet, measureFloor } from './phases.ts'
import { benchReconnect } from './reconnect.ts'
import { barTable, phaseTable, type Row } from './table.ts'
import { workloads } from './workload.ts'

const help = `Measures Flotilla: the hub, its agents and the clusters are processes of their own, run as built (npm run build).

  npm run bench -- [--only engine|kube|reconnect|fleet] [--workload W1,W2] [--applications 100,1000] [--agents 1,10]
                   [--idle SECONDS] [--kubeconfig FILE] [--root DIR]

  --kubeconfig FILE  an external cluster in place of the embedded ones; one agent
  --objects N        how many objects the embedded cluster holds in the end (default 100000)
  --idle SECONDS     how long to watch a fleet that has nothing to do (default 30)
  --profile DIR      write CPU profiles of hub and agents there
  --root DIR         where the built programs are (default: this repository)
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    workload: { type: 'string', default: 'W1,W2' },
    applications: { type: 'string', default: '100,1000' },
    agents: { type: 'string', default: '1,10' },
    idle: { type: 'string', default: '30' },
    objects: { type: 'string', default: '100000' },
    kubeconfig: { type: 'string' },
    profile: { type: 'string' },
    root: { type: 'string', default: path.join(import.meta.dirname, '../../..') },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

async function benchFleets(): Promise<void> {
  for (const name of values.workload.split(','))
    for (const applications of values.applications.split(',').map(Number))
      for (const agents of values.agents.split(',').map(Number)) {
        const workload = workloads[name as 'W1' | 'W2']
        const { root, kubeconfig, profile } = values
        const options = { root, workload, applications, agents, kubeconfig, profile }
        const floors = await measureFloor(options)
        const phases = await measureFleet(options, floors, Number(values.idle))
        const plain = `floor: first ${floors.first.toFixed(2)} s, all ${floors.all.toFixed(2)} s, one ${(floors.one * 1000).toFixed(0)} ms`
        const title = `${name}: ${applications} applications × ${workload.size}, ${agents} ${agents === 1 ? 'agent' : 'agents'} (${plain})`
        process.stdout.write(`${phaseTable(title, applications, phases)}\n`)
      }
}

/** The engine as an agent runs it: built, in a new process, with an agent's flags and environment. */
async function benchEngine(): Promise<void> {
  const { flags } = (await import(path.join(values.root, 'hub/bin/flags.js'))) as {
    flags: Readonly<Record<'agent', readonly string[]>>
  }
  const file = path.join(values.root, 'test/bench/dist/engine-process.js')
  const env = { ...process.env, ...environment }
  const printed = execFileSync(process.execPath, [...flags.agent, file], { env, encoding: 'utf8' })
  process.stdout.write(`${barTable('Engine, one core', JSON.parse(printed) as Row[])}\n`)
}

async function benchReconnection(): Promise<void> {
  const { agents, wallMs, cpuMs, extraMessages, bytesPerConnection } = await benchReconnect(1000, 10)
  const rows = [
    { what: `${agents} agents proven in sync`, got: wallMs / 1000, bar: 10, unit: 's', more: false },
    { what: '  CPU of the hub', got: cpuMs / 1000, bar: 10, unit: 's', more: false },
    { what: '  messages besides hello and welcome', got: extraMessages, bar: 0, unit: '', more: false },
    {
      what: '  memory of the hub for each',
      got: bytesPerConnection / 1024,
      bar: 70,
      unit: 'KiB',
      more: false,
    },
  ]
  process.stdout.write(`${barTable('Reconnection of a fleet, 10 applications each', rows)}\n`)
}

// Each program of a bench is ended with it.
process.setMaxListeners(50)
const wanted = (part: string): boolean => values.only === undefined || values.only === part

if (values.help) process.stdout.write(help)
else {
  if (wanted('engine')) await benchEngine()
  if (wanted('kube'))
    process.stdout.write(`${barTable('Embedded cluster', await benchKube(values.root, Number(values.objects)))}\n`)
  if (wanted('reconnect')) await benchReconnection()
  if (wanted('fleet')) await benchFleets()
}
