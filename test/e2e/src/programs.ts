import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const here = import.meta.dirname
/** Of this process alone: test files that run side by side do not write over each other's programs. */
const out = join(here, '../node_modules/.cache/programs', String(process.pid))
const root = join(here, '../../..')

/** For `beforeAll`: bundles hub and agent, so that a process starts in half a second. Answers what clears them away. */
export async function buildPrograms(): Promise<() => Promise<void>> {
  const banner =
    'import { createRequire as bundleRequire } from "node:module";const require = bundleRequire(import.meta.url);'
  const entries = {
    'hub-process': join(here, 'hub-process.ts'),
    'agent-process': join(here, 'agent-process.ts'),
    thread: join(root, 'hub/src/store/thread.ts'),
  }
  await promisify(execFile)(
    join(root, 'node_modules/.bin/esbuild'),
    [
      ...Object.entries(entries).map(([name, file]) => `${name}=${file}`),
      '--conditions=source',
      ...['better-sqlite3', 'jq-wasm', 'wasmoon', 'pino', '@hanazuki/node-jsonnet'].map((name) => `--external:${name}`),
      '--bundle',
      '--splitting',
      '--format=esm',
      '--platform=node',
      '--target=node20',
      `--outdir=${out}`,
      `--banner:js=${banner}`,
      '--log-level=error',
    ],
    { cwd: root },
  )
  return () => rm(out, { recursive: true, force: true })
}

/** Whether this machine lets a process have a disk of its own (`unshare`, user namespaces). */
export function canHaveDisks(): boolean {
  return spawnSync('unshare', ['-rm', 'true']).status === 0
}

/** A program of ours as a process, to be killed without warning and started again. */
export class Program {
  readonly #entry: 'hub-process' | 'agent-process'
  readonly #args: readonly string[]
  /** A folder that is a small disk of its own to this process, and its size. */
  readonly #disk: { readonly dir: string; readonly megabytes: number } | undefined
  #child: ChildProcess | undefined
  kills = 0

  constructor(
    entry: 'hub-process' | 'agent-process',
    args: readonly string[],
    disk?: { readonly dir: string; readonly megabytes: number },
  ) {
    this.#entry = entry
    this.#args = args
    this.#disk = disk
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts it; resolves with its first line of output (the hub says where it listens once it does). */
  async start(): Promise<string> {
    const command = [process.execPath, join(out, `${this.#entry}.js`), ...this.#args]
    const disk = this.#disk
    const mount = disk && `mount -t tmpfs -o size=${disk.megabytes}m tmpfs "$0" && exec "$@"`
    const [program = '', ...args] = disk ? ['unshare', '-rm', 'sh', '-c', mount ?? '', disk.dir, ...command] : command
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown]
    child.stdout.resume()
    return String(line).trim()
  }

  /** `kill -9`; resolves once it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.kills++
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
}
