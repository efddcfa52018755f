import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realRandom } from '@flotilla/shared/runtime/random'
import { runAgent } from './run.ts'
import { lockState } from './state-lock.ts'

let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'flotilla-lock-'))))
afterEach(() => rm(folder, { recursive: true }))

const clock = { now: () => Date.now(), after: () => () => undefined }
const options = { clock, random: realRandom, host: 'here' }
const write = (holder: unknown): Promise<void> => writeFile(join(folder, 'agent.lock'), JSON.stringify(holder))

test('one at a time, and the next one once it is released', async () => {
  const first = await lockState(folder, options)
  await expect(lockState(folder, options)).rejects.toThrow(
    `is in use by another agent (process ${process.pid}): end that one first`,
  )
  await first.release()
  const second = await lockState(folder, options)
  expect(await readdir(folder)).toEqual(['agent.lock'])
  await first.release()
  expect(JSON.parse(await readFile(join(folder, 'agent.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  await second.release()
  expect(await readdir(folder)).toEqual([])
})

test('of many at once, one gets it, from a dead one as well', async () => {
  await write({ pid: 2 ** 22 + 1, host: 'here' })
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockState(folder, options)))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a process that has ended, a pid that was given out again, and half a file hold nothing', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  for (const holder of [{ pid: child.pid, host: 'here' }, { pid: process.pid, host: 'here', began: 'earlier' }, '{']) {
    await write(holder)
    await (await lockState(folder, options)).release()
  }
})

test('another machine holds it as long as it gives signs of life', async () => {
  await write({ pid: 1, host: 'there' })
  await expect(lockState(folder, options)).rejects.toThrow('(process 1 on there)')
  const later = { ...options, clock: { ...clock, now: () => Date.now() + 31_000 } }
  await (await lockState(folder, later)).release()
})

test('a second agent on a folder does not start, and says why', async () => {
  const lock = await lockState(folder, { clock, random: realRandom, host: hostname() })
  let said = ''
  const code = await runAgent({
    args: ['--hub', 'http://127.0.0.1:1', '--state', folder],
    env: {},
    stderr: (text) => void (said += text),
    signal: AbortSignal.abort(),
    cluster: () => Promise.reject(new Error('it must not come this far')),
  })
  expect([code, said]).toEqual([1, expect.stringContaining('is in use by another agent')])
  await lock.release()
})
