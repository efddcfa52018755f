import { readFileSync } from 'node:fs'
import { CliError } from './errors.ts'

/** The text of a file that the user named. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new CliError(missing ? `open ${path}: no such file or directory` : `cannot read ${path}: ${String(error)}`)
  }
}
