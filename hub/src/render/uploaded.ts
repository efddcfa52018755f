import { createHash } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GitError, type Repositories, type Tree, type TreeFile } from '../git/repository.ts'
import { orderedBy } from '@flotilla/shared/lang/order'

/** Repositories of which one holds, at whatever revision, the files that somebody sent. */
export function withUpload(repositories: Repositories, url: string, files: readonly TreeFile[]): Repositories {
  const commit = digestOf(files).slice(0, 40)
  const below = (path: string): TreeFile[] => {
    const prefix = folder(path)
    return files.flatMap((file) =>
      file.path.startsWith(prefix) ? [{ ...file, path: file.path.slice(prefix.length) }] : [],
    )
  }
  const own =
    <A extends unknown[], R>(here: (...args: A) => R, there: (url: string, ...args: A) => R) =>
    (at: string, ...args: A): R =>
      at === url ? here(...args) : there(at, ...args)
  return {
    ...repositories,
    resolve: own(
      (_revision: string) => Promise.resolve(commit),
      (at, revision) => repositories.resolve(at, revision),
    ),
    refresh: own(
      () => Promise.resolve({ refs: new Map<string, string>(), head: commit }),
      (at) => repositories.refresh(at),
    ),
    folderId: own(
      (_commit: string, _path: string) => Promise.resolve(undefined),
      (at, id, path) => repositories.folderId(at, id, path),
    ),
    readTree: own(
      (_commit: string, path: string): Promise<Tree> => {
        const found = below(path)
        if (found.length === 0) return Promise.reject(new GitError(`${path}: app path does not exist`, false))
        return Promise.resolve({ digest: `sha256:${digestOf(found)}`, files: found })
      },
      (at, id, path) => repositories.readTree(at, id, path),
    ),
    checkout: own(
      async (_commit: string, to: string, path = ''): Promise<void> => {
        const prefix = folder(path)
        for (const file of files.filter((each) => each.path.startsWith(prefix))) {
          const target = join(to, file.path)
          await mkdir(dirname(target), { recursive: true })
          await writeFile(target, file.bytes)
          if (file.executable) await chmod(target, 0o755)
        }
      },
      (at, id: string, to: string, path?: string) => repositories.checkout(at, id, to, path),
    ),
  }
}

function folder(path: string): string {
  const bare = path.replace(/^(\.?\/)+|\/+$/g, '')
  return bare === '' || bare === '.' ? '' : `${bare}/`
}

function digestOf(files: readonly TreeFile[]): string {
  const hash = createHash('sha256')
  for (const { path, bytes, executable } of files.toSorted(orderedBy((one) => one.path))) {
    hash.update(`${path}\0${executable}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
