import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const hub = fileURLToPath(new URL('..', import.meta.url))

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>
}

test('what is built asks for no source of the hub, nor of anything else that is ours', async () => {
  const { scripts } = JSON.parse(await readFile(path.join(hub, 'package.json'), 'utf8')) as {
    scripts: { build: string }
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'flotilla-bundle-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const metafile = path.join(folder, 'meta.json')
  const build = scripts.build.replace('--outdir=dist', `--outdir=${folder} --metafile=${metafile} --log-level=error`)
  await promisify(execFile)('npm', ['exec', '--', 'sh', '-c', build], { cwd: hub })
  const { outputs } = JSON.parse(await readFile(metafile, 'utf8')) as Metafile
  const asked = Object.values(outputs).flatMap(({ imports }) => imports.map((one) => one.path))
  expect(asked.filter((name) => name.startsWith('@flotilla/'))).toEqual([])
  expect(asked).toContain('node:fs')
}, 60_000)
