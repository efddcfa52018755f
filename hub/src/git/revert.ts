import fs from 'node:fs'
import { posix } from 'node:path'
import git, { type HttpClient, type TreeEntry } from 'isomorphic-git'
import { GitError } from './repository.ts'

/** A folder is to be again what it was, by a new commit on a branch. */
export interface Revert {
  /** Without `refs/heads/`. */
  readonly branch: string
  readonly path: string
  /** The commit whose folder is wanted. */
  readonly commit: string
  readonly message: string
  readonly author: { readonly name: string; readonly email: string; readonly timestamp: number }
}

export interface RevertContext {
  readonly gitdir: string
  readonly url: string
  readonly http: HttpClient
  /** The commit that the branch is at; it and the wanted one are in the directory. */
  readonly tip: string
}

/**
 * Commits the old folder on top of the branch, and pushes that: history is never rewritten, and a push that somebody
 * else was faster than is refused by the server. Answers the new commit.
 */
export async function revertFolder(revert: Revert, { gitdir, url, http, tip }: RevertContext): Promise<string> {
  const path = posix.normalize(revert.path === '' ? '.' : revert.path).replace(/\/$/, '')
  if (path.startsWith('..') || posix.isAbsolute(path)) throw new GitError(`${revert.path}: path outside root`, false)
  const parts = path === '.' ? [] : path.split('/')
  const [now, before] = await Promise.all([rootOf(gitdir, tip), rootOf(gitdir, revert.commit)])
  const wanted = await folderAt(gitdir, before, parts)
  if (wanted === undefined) throw new GitError(`${revert.path} was not there in ${revert.commit}`, false)
  const tree = await withFolder(gitdir, now, parts, wanted)
  if (tree === now) throw new GitError(`${revert.path} is as it was in ${revert.commit}: nothing to revert`, false)
  const who = { ...revert.author, timezoneOffset: 0 }
  const commit = { tree, parent: [tip], author: who, committer: who, message: `${revert.message}\n` }
  const oid = await git.writeCommit({ fs, gitdir, commit })
  const ref = `refs/heads/flotilla-revert-${oid.slice(0, 12)}`
  await git.writeRef({ fs, gitdir, ref, value: oid, force: true })
  try {
    const remoteRef = `refs/heads/${revert.branch}`
    const pushed = await git.push({ fs, http, gitdir, url, ref, remoteRef, force: false })
    if (!pushed.ok)
      throw new GitError(`the push to ${revert.branch} was refused: ${pushed.error ?? 'no reason'}`, false)
  } catch (error) {
    if (error instanceof GitError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new GitError(`the push to ${revert.branch} failed: ${reason}`, false, { cause: error })
  } finally {
    await git.deleteRef({ fs, gitdir, ref }).catch(() => undefined)
  }
  return oid
}

async function rootOf(gitdir: string, oid: string): Promise<string> {
  return (await git.readCommit({ fs, gitdir, oid })).commit.tree
}

async function folderAt(gitdir: string, root: string, parts: readonly string[]): Promise<string | undefined> {
  let oid = root
  for (const part of parts) {
    const { tree } = await git.readTree({ fs, gitdir, oid })
    const entry = tree.find(({ path, type }) => path === part && type === 'tree')
    if (!entry) return undefined
    oid = entry.oid
  }
  return oid
}

/** A tree with one folder in it replaced; folders on the way are made where they are missing. */
async function withFolder(gitdir: string, root: string, parts: readonly string[], folder: string): Promise<string> {
  const [name, ...rest] = parts
  if (name === undefined) return folder
  const { tree } = await git.readTree({ fs, gitdir, oid: root })
  const entry = tree.find(({ path }) => path === name)
  const below = entry?.type === 'tree' ? entry.oid : await git.writeTree({ fs, gitdir, tree: [] })
  const oid = await withFolder(gitdir, below, rest, folder)
  const made: TreeEntry = { mode: '040000', path: name, oid, type: 'tree' }
  return git.writeTree({ fs, gitdir, tree: [...tree.filter(({ path }) => path !== name), made] })
}
