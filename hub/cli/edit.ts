import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as yaml from 'js-yaml'
import type { Rim } from './context.ts'
import { CliError } from './errors.ts'
import { toYaml } from './print.ts'

/** Lets the user edit a value in an editor of theirs; undefined where nothing was changed. */
export async function editYaml<T>(value: T, rim: Rim): Promise<T | undefined> {
  const editor = rim.env['KUBE_EDITOR'] || rim.env['EDITOR'] || 'vi'
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-edit-'))
  const file = join(folder, 'edit.yaml')
  const before = toYaml(value)
  try {
    writeFileSync(file, before, { mode: 0o600 })
    const [program = 'vi', ...args] = editor.split(/\s+/)
    const { status, error } = spawnSync(program, [...args, file], { stdio: 'inherit' })
    if (error || status !== 0)
      throw new CliError(`the editor (${editor}) failed: ${error?.message ?? `exit code ${status}`}`)
    const after = readFileSync(file, 'utf8')
    if (after === before || after.trim() === '') return undefined
    return yaml.load(after) as T
  } catch (error) {
    if (error instanceof yaml.YAMLException) throw new CliError(`what was written is no YAML: ${error.message}`)
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
