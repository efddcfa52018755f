import { join } from 'node:path'
import type { Rim } from '../../../hub/cli/context.ts'
import { run } from '../../../hub/cli/program.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Shell {
  /** The hub's URL. */
  readonly hub: string
  /** A folder for the command line's own file. */
  readonly dir: string
  readonly token?: string
  readonly env?: NodeJS.ProcessEnv | undefined
  /** What a person answers, question by question; nobody is there where nothing is given. */
  readonly answers?: readonly string[]
}

/** What a command touches of the outside: its words go to a sink, and it never waits. */
export function rimOf(sink: { out: string; err: string }, env: NodeJS.ProcessEnv = {}): Rim {
  return {
    env,
    out: (text) => void (sink.out += text),
    err: (text) => void (sink.err += text),
    now: () => Date.now(),
    columns: undefined,
    sleep: () => Promise.resolve(),
  }
}

/** Runs a command of the command line in this process. */
export async function flotilla({ hub, dir, token, env, answers }: Shell, args: readonly string[]): Promise<Ran> {
  const { host, protocol } = new URL(hub)
  const where = ['--server', host, protocol === 'http:' ? '--plaintext' : '--insecure']
  const words = [
    ...where,
    '--config',
    join(dir, 'client.yaml'),
    ...(token === undefined ? [] : ['--auth-token', token]),
    ...args,
  ]
  const left = [...(answers ?? [])]
  const ask = (): Promise<string> =>
    answers ? Promise.resolve(left.shift() ?? '') : Promise.reject(new Error('nobody is there to ask'))
  const sink = { out: '', err: '' }
  const code = await run(words, rimOf(sink, env), '0.0.0', ask)
  return { code, ...sink }
}
