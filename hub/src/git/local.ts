import fs from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import git from 'isomorphic-git'
import { ObjectReader } from './objects.ts'
import { GitError, type RefList } from './repository.ts'

/** A repository in a folder of this machine, read in place. */
export class LocalRepository {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  async refs(): Promise<RefList> {
    const gitdir = await this.gitdir()
    const refs = new Map<string, string>()
    for (const space of ['refs/heads', 'refs/tags'])
      for (const name of await git.listRefs({ fs, gitdir, filepath: space })) {
        const oid = await git.resolveRef({ fs, gitdir, ref: `${space}/${name}` })
        refs.set(`${space}/${name}`, await peel(gitdir, oid))
      }
    const head = await git.resolveRef({ fs, gitdir, ref: 'HEAD' }).catch(() => undefined)
    return { refs, head }
  }

  async withCommit<T>(commit: string, read: (reader: ObjectReader) => Promise<T>): Promise<T> {
    const reader = new ObjectReader(await this.gitdir())
    if (!(await reader.hasCommit(commit)))
      throw new GitError(`unable to resolve '${commit}' to a commit SHA: revision not found`, false)
    return read(reader)
  }

  async expand(digits: string): Promise<string | undefined> {
    return new ObjectReader(await this.gitdir()).expand(digits)
  }

  /** The folder is somebody's own: the hub reads it and no more. */
  async revert(): Promise<string> {
    throw new GitError('a local repository is only read: commit there by hand', false)
  }

  private async gitdir(): Promise<string> {
    for (const folder of [join(this.folder, '.git'), this.folder])
      if (await stat(join(folder, 'HEAD')).catch(() => undefined)) return folder
    throw new GitError('failed to list refs: repository not found: ', false)
  }
}

/** An annotated tag stands for the commit it points at. */
async function peel(gitdir: string, oid: string): Promise<string> {
  const { type } = await git.readObject({ fs, gitdir, oid })
  if (type !== 'tag') return oid
  const { tag } = await git.readTag({ fs, gitdir, oid })
  return peel(gitdir, tag.object)
}
