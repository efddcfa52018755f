import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import git from 'isomorphic-git'
import { Contents } from './contents.ts'
import { GitError, type CommitInfo, type Tree, type TreeFile } from './repository.ts'
import { stillFileSystem } from './still-fs.ts'
import { orderedBy } from '@flotilla/shared/lang/order'

interface Entry {
  readonly path: string
  readonly mode: string
  readonly oid: string
}

const linkMode = '120000'
const submoduleType = 'commit'
const linkHops = 40

/**
 * Reads the objects of one Git directory, as it is when the reader is made: where something was fetched since, a new
 * one is needed. It holds the indexes of the packs.
 */
export class ObjectReader {
  private readonly from: {
    readonly fs: ReturnType<typeof stillFileSystem>
    readonly gitdir: string
    readonly cache: object
  }
  private readonly contents: Contents
  private readonly present = new Set<string>()

  /** `packs` holds what isomorphic-git has read of packs; they never change, so readers of one directory may share it. */
  constructor(gitdir: string, contents = new Contents(), packs: object = {}) {
    this.from = { fs: stillFileSystem(), gitdir, cache: packs }
    this.contents = contents
  }

  /** Whether a commit is in the directory, with its tree. */
  async hasCommit(commit: string): Promise<boolean> {
    if (this.present.has(commit)) return true
    try {
      const { commit: found } = await git.readCommit({ ...this.from, oid: commit })
      await git.readTree({ ...this.from, oid: found.tree })
    } catch {
      return false
    }
    this.present.add(commit)
    return true
  }

  async expand(digits: string): Promise<string | undefined> {
    return git.expandOid({ ...this.from, oid: digits }).catch(() => undefined)
  }

  async commitInfo(commit: string): Promise<Omit<CommitInfo, 'tags'>> {
    const { commit: found } = await git.readCommit({ ...this.from, oid: commit })
    return {
      author: `${found.author.name} <${found.author.email}>`,
      date: new Date(found.author.timestamp * 1000).toISOString().replace('.000Z', 'Z'),
      message: found.message.trimEnd(),
    }
  }

  /** A folder and everything below it, with links followed inside the repository. */
  async read(commit: string, path: string): Promise<Tree> {
    const root = await this.rootOf(commit)
    const folder = normal(path)
    const oid = await this.folder(root, folder)
    if (oid === undefined) throw new GitError(`${path}: app path does not exist`, false)
    const files: TreeFile[] = []
    const hash = createHash('sha256')
    for (const entry of await this.walk(oid, '')) {
      const found = entry.mode === linkMode ? await this.followLink(root, join(folder, entry.path), entry) : entry
      if (found === 'dangling') continue
      if (found === 'outside') {
        files.push({ path: entry.path, bytes: new Uint8Array(), executable: false, outside: join(folder, entry.path) })
        hash.update(`${entry.path}\0outside\0`)
        continue
      }
      hash.update(`${entry.path}\0${found.mode}\0${found.oid}\0`)
      files.push({
        path: entry.path,
        bytes: await this.blob(found.oid),
        executable: found.mode === '100755',
        ...(found === entry ? {} : { linked: true }),
      })
    }
    return { digest: `sha256:${hash.digest('hex')}`, files }
  }

  /** Git's own id of a folder, where that says all about what is in it: no links, no submodules. */
  async folderId(commit: string, path: string): Promise<string | undefined> {
    const oid = await this.folder(await this.rootOf(commit), normal(path))
    return oid !== undefined && (await this.plain(oid)) ? oid : undefined
  }

  /** Writes a folder (by default all) of a commit to where it belongs under `target`. */
  async checkout(commit: string, target: string, path: string): Promise<void> {
    const root = await this.rootOf(commit)
    const folder = normal(path)
    const oid = await this.folder(root, folder)
    if (oid === undefined) throw new GitError(`${path}: app path does not exist`, false)
    await mkdir(join(target, folder), { recursive: true })
    for (const entry of await this.walk(oid, folder)) {
      const file = join(target, entry.path)
      await mkdir(dirname(file), { recursive: true })
      const bytes = await this.blob(entry.oid)
      if (entry.mode === linkMode) await symlink(Buffer.from(bytes).toString(), file)
      else await writeFile(file, bytes, { mode: entry.mode === '100755' ? 0o755 : 0o644 })
    }
  }

  private async rootOf(commit: string): Promise<string> {
    return this.contents.root(commit, async () => (await git.readCommit({ ...this.from, oid: commit })).commit.tree)
  }

  private async tree(oid: string) {
    return this.contents.tree(oid, async () => (await git.readTree({ ...this.from, oid })).tree)
  }

  private async blob(oid: string): Promise<Uint8Array> {
    return this.contents.blob(oid, async () => (await git.readBlob({ ...this.from, oid })).blob)
  }

  private async plain(oid: string): Promise<boolean> {
    return this.contents.plain(oid, async () => {
      for (const entry of await this.tree(oid))
        if (entry.type === 'tree' ? !(await this.plain(entry.oid)) : entry.type !== 'blob' || entry.mode === linkMode)
          return false
      return true
    })
  }

  /** The tree of a folder, through symlinked folders as a file system would. */
  private async folder(root: string, path: string): Promise<string | undefined> {
    const found = await this.lookup(root, path)
    return typeof found === 'object' && found.mode === '040000' ? found.oid : undefined
  }

  private async walk(oid: string, prefix: string): Promise<Entry[]> {
    const entries: Entry[] = []
    const tree = (await this.tree(oid)).toSorted(orderedBy((one) => one.path))
    for (const { path: name, mode, oid: child, type } of tree) {
      // Git itself refuses such names; a server that sends them wants to write where it must not.
      if (name === '' || name === '.' || name === '..' || name.includes('/') || name.toLowerCase() === '.git')
        throw new GitError(`the tree holds a forbidden name: ${JSON.stringify(name)}`, false)
      const path = prefix === '' ? name : `${prefix}/${name}`
      if (type === 'tree') entries.push(...(await this.walk(child, path)))
      else if (type !== submoduleType) entries.push({ path, mode, oid: child })
    }
    return entries
  }

  private async followLink(root: string, at: string, link: Entry): Promise<Entry | 'dangling' | 'outside'> {
    const target = Buffer.from(await this.blob(link.oid)).toString()
    if (posix.isAbsolute(target)) return 'outside'
    const path = posix.normalize(posix.join(posix.dirname(at), target))
    if (path === '..' || path.startsWith('../')) return 'outside'
    const found = await this.lookup(root, path)
    if (found === 'outside') return 'outside'
    return found === undefined || found.mode === '040000' ? 'dangling' : found
  }

  private async lookup(root: string, path: string, hops = 0): Promise<Entry | 'outside' | undefined> {
    let current: Entry = { path: '', mode: '040000', oid: root }
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    for (const [i, part] of parts.entries()) {
      const entry = (await this.tree(current.oid)).find((each) => each.path === part)
      if (!entry || entry.type === submoduleType) return undefined
      const here = parts.slice(0, i + 1).join('/')
      if (entry.mode === linkMode) {
        if (hops >= linkHops) return undefined
        const target = Buffer.from(await this.blob(entry.oid)).toString()
        const next = posix.normalize(posix.join(posix.dirname(here), target, ...parts.slice(i + 1)))
        if (posix.isAbsolute(target) || next === '..' || next.startsWith('../')) return 'outside'
        return this.lookup(root, next, hops + 1)
      }
      if (i < parts.length - 1 && entry.type !== 'tree') return undefined
      current = { path: here, mode: entry.mode, oid: entry.oid }
    }
    return current
  }
}

function normal(path: string): string {
  if (posix.isAbsolute(path)) throw new GitError(`${path}: app path is absolute`, false)
  const clean = posix.normalize(path === '' ? '.' : path).replace(/\/$/, '')
  if (clean === '..' || clean.startsWith('../')) throw new GitError(`${path}: app path outside root`, false)
  return clean === '.' ? '' : clean
}
