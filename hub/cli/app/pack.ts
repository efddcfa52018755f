import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { TarFile } from '@flotilla/shared/runtime/tar'
import { CliError } from '../errors.ts'

/** What is sent of one folder at most. */
const mostBytes = 64 * 1024 * 1024

/** All files below a folder but Git's own; links are followed inside it, and refused where they lead out. */
export function filesBelow(root: string): TarFile[] {
  const files: TarFile[] = []
  let total = 0
  const real = realpathSync(root)
  const walk = (folder: string, seen: readonly string[]): void => {
    for (const name of readdirSync(folder).toSorted()) {
      if (name === '.git') continue
      const path = join(folder, name)
      if (lstatSync(path).isSymbolicLink() && relative(real, realpathSync(path)).startsWith('..')) {
        throw new CliError(`${path} is a link that leads out of ${root}`)
      }
      const stat = statSync(path)
      if (stat.isDirectory()) {
        const target = realpathSync(path)
        if (!seen.includes(target)) walk(path, [...seen, target])
        continue
      }
      if (!stat.isFile()) continue
      total += stat.size
      if (total > mostBytes) {
        throw new CliError(`${root} has more than ${mostBytes} bytes: name a smaller folder with --local-repo-root`)
      }
      files.push({ path: relative(root, path), bytes: readFileSync(path), executable: (stat.mode & 0o100) !== 0 })
    }
  }
  walk(root, [real])
  return files
}
