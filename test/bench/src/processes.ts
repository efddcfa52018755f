import { fork, spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What a process and its children have used since `mark`. */
export interface Usage {
  readonly cpuSeconds: number
  /** The highest that was resident, since the process began or `mark` could reset it. */
  readonly peakMiB: number
}

/** A program of the bench in a process of its own. */
export class Program {
  readonly child: ChildProcess
  #marked = 0

  private constructor(child: ChildProcess) {
    this.child = child
  }

  /** Starts a built program; resolves once its output matches, where it is said what to wait for. */
  static async start(
    command: readonly string[],
    ready?: RegExp,
    options: { readonly env?: NodeJS.ProcessEnv; readonly ipc?: boolean } = {},
  ): Promise<{ program: Program; said: RegExpExecArray | undefined }> {
    const env = { ...process.env, ...options.env }
    const [file = '', ...args] = command
    const child = options.ipc
      ? fork(file, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] })
      : spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let seen = ''
    // A bench that fails leaves nothing behind.
    const end = (): void => void child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    if (!ready) return { program: new Program(child), said: undefined }
    const said = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (seen.length > 100_000) return
        seen += chunk.toString()
        const found = ready.exec(seen)
        if (found) resolve(found)
      })
      child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code}: ${seen}`)))
    })
    return { program: new Program(child), said }
  }

  /** Begins to count anew. */
  mark(): void {
    this.#marked = this.#cpu()
    for (const pid of this.#family()) {
      // Resets the kernel's high-water mark, where it lets us.
      try {
        writeFileSync(`/proc/${pid}/clear_refs`, '5')
      } catch {
        continue
      }
    }
  }

  usage(): Usage {
    const peaks = this.#family().map((pid) => Number(/VmHWM:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0))
    return { cpuSeconds: this.#cpu() - this.#marked, peakMiB: (peaks[0] ?? 0) / 1024 }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    const late = setTimeout(() => this.child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(late)
  }

  /** The process, then its children. */
  #family(): number[] {
    const { pid = 0 } = this.child
    const children = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && Number(statOf(Number(name))[1]) === pid,
    )
    return [pid, ...children.map(Number)]
  }

  /** Seconds of the process and of its children, dead ones too. */
  #cpu(): number {
    const [own = 0, ...children] = this.#family()
    // utime, stime, and those of children that were waited for.
    const ticks = sum(statOf(own).slice(11, 15))
    const alive = children.reduce((all, pid) => all + sum(statOf(pid).slice(11, 13)), 0)
    return (ticks + alive) / 100
  }
}

/** Fields of /proc/PID/stat after the command's name: state, parent, … */
function statOf(pid: number): string[] {
  return read(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ')
}

const sum = (fields: readonly string[]): number => fields.reduce((all, field) => all + Number(field), 0)

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
