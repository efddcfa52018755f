import { execFile } from 'node:child_process'
import { readFile, readdir, rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const outdir = `dist-test-${process.pid}`
const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter)

const metafileOf = (folder: string): string => join(root, folder, outdir, 'meta.json')

/** Builds a package as its own script does, to a folder beside the real one: nobody's running program changes. */
async function build(folder: string): Promise<void> {
  const { scripts } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as {
    scripts: { build: string }
  }
  await run('sh', ['-c', `${scripts.build} --outdir=${outdir}`], { cwd: join(root, folder) })
}

beforeAll(() => Promise.all(['hub', 'agent'].map(build)), 60_000)
afterAll(() => Promise.all(['hub', 'agent'].map((folder) => rm(join(root, folder, outdir), { recursive: true }))))

const flotilla = (...args: string[]) =>
  run(process.execPath, [join(root, 'hub', outdir, 'cli/main.js'), ...args], { env: { ...process.env, PATH: path } })

it('asks for no source of the hub, nor of anything else that is ours', async () => {
  const { outputs } = JSON.parse(await readFile(metafileOf('hub'), 'utf8')) as {
    outputs: Readonly<Record<string, { imports: readonly { path: string }[] }>>
  }
  const asked = Object.values(outputs).flatMap(({ imports }) => imports.map((one) => one.path))
  expect(asked.filter((name) => name.startsWith('@flotilla/'))).toEqual([])
  expect(asked).toContain('node:fs')
})

it('runs every command of the line from a build', async () => {
  expect((await flotilla('version', '--client')).stdout).toMatch(/^flotilla: \d/)
  const { stdout } = await flotilla('--help')
  const commands = [...stdout.matchAll(/^ {2}([a-z]+)(?:\|[a-z]+)? .*$/gm)].map((match) => match[1] ?? '')
  expect(commands.length).toBeGreaterThan(8)
  for (const command of commands.filter((each) => each !== 'hub' && each !== 'agent' && each !== 'help'))
    expect((await flotilla(command, '--help')).stdout).toContain('Usage: flotilla')
}, 60_000)

it('loads the hub and the agent from a build', async () => {
  const load = async (folder: string) => {
    const file = JSON.stringify(join(root, folder, outdir, 'main.js'))
    const program = `import(${file}).then(({ main }) => main(['--help'])).then((code) => process.exit(code))`
    return (await run(process.execPath, ['--input-type=module', '-e', program])).stdout
  }
  expect(await load('hub')).toContain('flotilla hub')
  expect(await load('agent')).toContain('flotilla agent')
}, 60_000)

it('is ASCII throughout: the text of a program stays in memory, twice as large for one other character', async () => {
  for (const folder of ['hub', 'agent']) {
    const files = await readdir(join(root, folder, outdir), { recursive: true })
    const texts = files.filter((file) => file.endsWith('.js'))
    expect(texts).toContain('main.js')
    for (const file of texts) {
      const bytes = await readFile(join(root, folder, outdir, file))
      expect(
        bytes.findIndex((byte) => byte > 127),
        `${folder}: ${file}`,
      ).toBe(-1)
    }
  }
})
