import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock, Random } from '@flotilla/shared/lang/clock'

/** Who works on a state folder. */
interface Holder {
  /** Tells one lock from every other. */
  readonly id: string
  readonly pid: number
  readonly host: string
  /** When the process began, as its system counts: a pid alone is given out again. Absent where that is not told. */
  readonly began?: string | undefined
}

export interface StateLock {
  release(): Promise<void>
}

export interface StateLockOptions {
  readonly clock: Clock
  readonly random: Random
  /** The name of this machine or container. */
  readonly host?: string | undefined
}

const beat = 10_000
const silence = 3 * beat

/**
 * Makes a state folder this process' own, until it is released or the process ends. Throws where another agent works on
 * it: two would undo what the other one does.
 */
export async function lockState(folder: string, options: StateLockOptions): Promise<StateLock> {
  const { clock, random, host = hostname() } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'agent.lock')
  const id = random.uuid()
  const own = JSON.stringify({ id, pid: process.pid, host, began: await beginOf(process.pid) } satisfies Holder)
  const draft = `${path}.${id}`
  // Linking is one step, so nobody ever reads half a lock.
  await writeFile(draft, own, { mode: 0o600 })
  try {
    while (!(await linked(draft, path))) {
      const text = await read(path)
      if (text === undefined) continue
      const holder = parse(text)
      if (holder && (await isAlive(holder, path, host, clock))) throw inUse(folder, holder, host)
      await takeAway(path, text, draft, (other) => isAlive(other, `${path}.guard`, host, clock))
    }
  } finally {
    await rm(draft, { force: true })
  }
  return keep(path, own, clock)
}

/** Shows other machines, which cannot see this process, that it is there. */
function keep(path: string, own: string, clock: Clock): StateLock {
  let cancel = (): void => undefined
  const again = (): void => {
    cancel = clock.after(beat, () => {
      const now = new Date(clock.now())
      utimes(path, now, now).catch(() => undefined)
      again()
    })
  }
  again()
  return {
    async release() {
      cancel()
      if ((await read(path)) === own) await rm(path, { force: true })
    },
  }
}

async function isAlive(holder: Holder, path: string, host: string, clock: Clock): Promise<boolean> {
  if (holder.host !== host) {
    const seen = await stat(path).catch(() => undefined)
    return seen !== undefined && clock.now() - seen.mtimeMs < silence
  }
  if (!runs(holder.pid)) return false
  const began = await beginOf(holder.pid)
  return holder.began === undefined || began === holder.began
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process began; none where the system does not tell, or only its remains are left. */
async function beginOf(pid: number): Promise<string | undefined> {
  const line = await read(`/proc/${pid}/stat`)
  if (line === undefined) return undefined
  const boot = (await read('/proc/sys/kernel/random/boot_id')) ?? ''
  // The name in parentheses may hold anything; what follows it is the state, and as the 20th word the time.
  const words = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return words[0] === 'Z' || words[0] === 'X' ? undefined : `${boot.trim()} ${words[19] ?? ''}`
}

/** Removes a lock that was judged, and no other: one at a time, so that none removes what another has just made. */
async function takeAway(
  path: string,
  judged: string,
  draft: string,
  alive: (holder: Holder) => Promise<boolean>,
): Promise<void> {
  const guard = `${path}.guard`
  if (await linked(draft, guard)) {
    try {
      if ((await read(path)) === judged) await rm(path, { force: true })
    } finally {
      await rm(guard, { force: true })
    }
    return
  }
  const text = await read(guard)
  const holder = text === undefined ? undefined : parse(text)
  if (text !== undefined && !(holder && (await alive(holder)))) await rm(guard, { force: true })
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined
    throw error
  })
}

function parse(text: string): Holder | undefined {
  try {
    const { id = '', pid, host, began } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && pid > 0 && typeof host === 'string' ? { id, pid, host, began } : undefined
  } catch {
    return undefined
  }
}

function inUse(folder: string, holder: Holder, host: string): Error {
  const where = holder.host === host ? '' : ` on ${holder.host}`
  return new Error(
    `the state folder ${folder} is in use by another agent (process ${holder.pid}${where}): ` +
      'end that one first, or give this one a folder of its own with --state',
  )
}
