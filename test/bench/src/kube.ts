import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { parseArgs } from 'node:util'

interface Row {
  readonly what: string
  readonly got: number
  readonly bar: number
  readonly unit: string
  readonly more: boolean
}

const agent = new Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false })
const configMaps = '/api/v1/namespaces/default/configmaps'

function call(server: string, token: string, method: string, path: string, body?: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json'
    const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'user-agent': 'bench' }
    const sent = request(`${server}${path}`, { method, agent, headers }, (response) => {
      response.on('data', () => undefined)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode < 300) resolve(statusCode)
        else reject(new Error(`${method} ${path}: ${statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Milliseconds of `count` calls, 32 of them in flight. */
async function timed(count: number, one: (index: number) => Promise<unknown>): Promise<number> {
  const started = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return performance.now() - started
}

function configMap(name: string, size: number): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(size) } }
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** Starts a server of its own process; resolves once it says that it is ready. */
async function start(
  command: readonly string[],
): Promise<{ pid: number; server: string; ms: number; stop: () => void }> {
  const started = performance.now()
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const server = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const url = /https:\/\/[\d.:]+/.exec(chunk.toString())?.[0]
      if (url !== undefined) resolve(url)
    })
    child.on('exit', () => reject(new Error('the server ended')))
  })
  return { pid: child.pid ?? 0, server, ms: performance.now() - started, stop: () => void child.kill() }
}

/** Measures an embedded cluster from another process, against the bars. */
export async function benchKube(command: readonly string[], token: string, objects: number): Promise<Row[]> {
  const { pid, server, ms, stop } = await start(command)
  try {
    const at = (name: string, query = ''): string => `${configMaps}/${name}${query}`
    const apply = (index: number): Promise<number> =>
      call(server, token, 'PATCH', at(`a${index}`, '?fieldManager=bench'), configMap(`a${index}`, 2000))
    const get = (index: number): Promise<number> => call(server, token, 'GET', at(`a${index % 1000}`))
    await timed(1000, apply)
    const applies = await timed(4000, apply)
    const gets = await timed(6000, get)
    const create = (index: number): Promise<number> =>
      call(server, token, 'POST', configMaps, configMap(`o${index}`, 1000))
    await timed(6000, create)
    const list = await timed(1, () => call(server, token, 'GET', configMaps))
    const before = await residentMiB(pid)
    await timed(objects, (index) => create(index + 6000))
    return [
      { what: 'start to ready', got: ms, bar: 300, unit: 'ms', more: false },
      { what: 'server-side applies of 2 KB', got: 4000 / (applies / 1000), bar: 1500, unit: '/s', more: true },
      { what: 'gets', got: 6000 / (gets / 1000), bar: 3000, unit: '/s', more: true },
      { what: 'list of 10,000', got: list, bar: 300, unit: 'ms', more: false },
      { what: `memory before ${objects} objects of 1 KB`, got: before, bar: 400, unit: 'MiB', more: false },
      { what: `memory with ${objects} more`, got: await residentMiB(pid), bar: 400, unit: 'MiB', more: false },
    ]
  } finally {
    stop()
    agent.destroy()
  }
}

/** The table of what was measured. */
export function printRows(rows: readonly Row[]): string {
  return rows
    .map(({ what, got, bar, unit, more }) => {
      const met = more ? got >= bar : got <= bar
      return `${what.padEnd(42)}${got.toFixed(0).padStart(8)} ${unit.padEnd(4)}${more ? '≥' : '≤'} ${String(bar).padEnd(6)}${met ? 'met' : 'MISSED'}\n`
    })
    .join('')
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { objects: { type: 'string', default: '100000' }, token: { type: 'string', default: 'admintoken' } },
  })
  process.stdout.write(printRows(await benchKube(positionals, values.token, Number(values.objects))))
}
