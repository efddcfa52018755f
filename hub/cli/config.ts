import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import * as yaml from 'js-yaml'
import { CliError } from './errors.ts'

export interface ServerEntry {
  server: string
  insecure?: boolean
  'plain-text'?: boolean
}

/** The client's file, in the form of Argo CD's own. */
export interface CliConfig {
  contexts: { name: string; server: string; user: string }[]
  'current-context': string
  servers: ServerEntry[]
  users: { name: string; 'auth-token'?: string }[]
}

/** Where the file is: the flag, else `FLOTILLA_CONFIG_DIR`, else below the home directory. */
export function configPath(flag: string | undefined, env: NodeJS.ProcessEnv): string {
  if (flag) return flag
  return join(env['FLOTILLA_CONFIG_DIR'] ?? join(env['HOME'] ?? homedir(), '.config', 'flotilla'), 'config')
}

const empty = (): CliConfig => ({ contexts: [], 'current-context': '', servers: [], users: [] })

/** Reads the file; an absent one is empty. */
export function readConfig(path: string): CliConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return empty()
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`)
  }
  return { ...empty(), ...(yaml.load(text) as Partial<CliConfig> | undefined) }
}

/** Writes the file readable by its owner alone, in one step. */
export function writeConfig(path: string, config: CliConfig): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, yaml.dump(config), { mode: 0o600 })
  chmodSync(temporary, 0o600)
  renameSync(temporary, path)
}
