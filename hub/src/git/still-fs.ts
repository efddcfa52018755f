import type { Stats } from 'node:fs'
import { promises } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * The file system as one reader of a Git directory sees it: what it has looked at does not change under it. For each
 * object isomorphic-git asks anew for the folder, for a loose file and for the list of packs; here only the first does.
 */
export function stillFileSystem(): { readonly promises: typeof promises } {
  const folders = new Map<string, Promise<string[]>>()
  const stats = new Map<string, Promise<Stats>>()

  const readdir = (path: string): Promise<string[]> => {
    const known = folders.get(path) ?? promises.readdir(path)
    folders.set(path, known)
    return known
  }
  const stat = (path: string): Promise<Stats> => {
    const known = stats.get(path) ?? promises.stat(path)
    stats.set(path, known)
    return known
  }
  const readFile = async (path: unknown, options?: Parameters<typeof promises.readFile>[1]) => {
    // The library tries out in this way whether functions answer promises.
    if (typeof path !== 'string') throw notFound
    if (/[\\/]objects[\\/][0-9a-f]{2}[\\/][0-9a-f]{38}$/.test(path)) {
      const folder = dirname(path)
      const folders = await readdir(dirname(folder)).catch((): string[] => [])
      if (!folders.includes(basename(folder)) || !(await readdir(folder)).includes(basename(path))) throw notFound
    }
    return promises.readFile(path, options)
  }
  return { promises: { ...promises, readdir, stat, lstat: stat, readFile } as unknown as typeof promises }
}

/** Made once: an error with a trace for each object that is not loose costs more than reading it. */
const notFound = Object.assign(new Error('no such file'), { code: 'ENOENT' })
