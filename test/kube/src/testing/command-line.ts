import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { resolveTool, type ToolName } from '@flotilla/shared/runtime/tools'
import type { Cluster } from '../cluster.ts'

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** A folder in which command line tools are used on a cluster, as an administrator would. */
export class CommandLine {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(cluster: Cluster): Promise<CommandLine> {
    const line = new CommandLine(await mkdtemp(join(tmpdir(), 'kube-clients-')))
    await line.write('config', cluster.kubeconfig)
    return line
  }

  /** Writes a file in the folder; objects as JSON. */
  async write(name: string, content: string | object): Promise<void> {
    const file = join(this.folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  }

  kubectl(...args: readonly string[]): Promise<Outcome> {
    return this.#run('kubectl', args)
  }

  helm(...args: readonly string[]): Promise<Outcome> {
    return this.#run('helm', args)
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }

  async #run(name: ToolName, args: readonly string[]): Promise<Outcome> {
    const tool = await resolveTool(name)
    const env = { PATH: process.env['PATH'], HOME: this.folder, KUBECONFIG: join(this.folder, 'config') }
    return new Promise((resolve) => {
      execFile(tool.command, [...tool.args, ...args], { env, cwd: this.folder }, (failure, stdout, stderr) => {
        const code = failure ? Number((failure as { code?: number | string }).code) : 0
        resolve({ code, out: stdout.trim(), error: stderr.trim() })
      })
    })
  }
}
