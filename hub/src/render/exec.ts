import { spawn } from 'node:child_process'

export interface ExecLimits {
  readonly timeMs: number
  readonly outputBytes: number
  /** Soft limit of a Go program's heap. */
  readonly memoryMiB: number
}

export const defaultExecLimits: ExecLimits = { timeMs: 90_000, outputBytes: 64 * 1024 * 1024, memoryMiB: 512 }

export interface Execution {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Set where a limit ended it. */
  readonly limit?: string
}

/** Runs a tool without a shell: nothing of our environment, a home of its own, limits on time and output. */
export function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly home: string; readonly limits: ExecLimits },
): Promise<Execution> {
  const { cwd, home, limits } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env: {
        HOME: home,
        TMPDIR: home,
        PATH: '/usr/local/bin:/usr/bin:/bin',
        GOMEMLIMIT: `${limits.memoryMiB}MiB`,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let limit: string | undefined
    const stop = (reason: string): void => {
      limit ??= reason
      // The whole group: what the tool started dies with it.
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const timer = setTimeout(() => stop(`took longer than ${limits.timeMs / 1000} s`), limits.timeMs)
    const gather = (stream: NodeJS.ReadableStream): Buffer[] => {
      const chunks: Buffer[] = []
      let size = 0
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > limits.outputBytes) stop(`wrote more than ${limits.outputBytes} bytes`)
        else chunks.push(chunk)
      })
      return chunks
    }
    const out = gather(child.stdout)
    const err = gather(child.stderr)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({
        // A tool may end well before it is killed: what it wrote is cut short all the same.
        code: limit === undefined ? (code ?? undefined) : undefined,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        ...(limit === undefined ? {} : { limit }),
      })
    })
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
