import fs from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@flotilla/shared/lang/clock'
import git, { type HttpClient } from 'isomorphic-git'
import { Contents } from './contents.ts'
import { ObjectReader } from './objects.ts'
import { revertFolder, type Revert } from './revert.ts'
import { GitError, type RefList } from './repository.ts'
import { thinPacks } from './thin-pack.ts'

/** Each fetch adds a pack, and each object is looked for in all of them: beyond this one snapshot replaces them. */
const mostPacks = 40
/** Packs and their indexes are held in memory while a commit is read by many, and no longer. */
const idleMs = 30_000

/** The copy of one repository: objects that were asked for, fetched shallow, one fetch at a time. */
export class Mirror {
  private readonly url: string
  private readonly gitdir: string
  private readonly http: () => HttpClient
  private last: Promise<unknown> = Promise.resolve()
  private reader: ObjectReader | undefined
  private packs: object = {}
  private readonly contents = new Contents()
  private readonly clock: Clock
  private cancelIdle: (() => void) | undefined
  /** The commit fetched last: the next one shares most objects with it. */
  private newest: string | undefined

  constructor(url: string, gitdir: string, http: () => HttpClient, clock: Clock) {
    this.url = url
    this.gitdir = gitdir
    this.http = http
    this.clock = clock
  }

  /** The remote's refs now: one `ls-refs`. */
  async refs(): Promise<RefList> {
    const listed = await this.remote(() =>
      git.listServerRefs({ http: this.http(), url: this.url, protocolVersion: 2, peelTags: true }),
    )
    const refs = new Map<string, string>()
    let head: string | undefined
    for (const { ref, oid, peeled } of listed) {
      if (ref === 'HEAD') head = oid
      else refs.set(ref, peeled ?? oid)
    }
    return { refs, head }
  }

  /** Reads from a commit, fetching it where it is not here, and the copy anew where it is damaged. */
  withCommit<T>(commit: string, read: (reader: ObjectReader) => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      await this.ensure(commit)
      try {
        return await read(this.objects())
      } catch (error) {
        if (error instanceof GitError) throw error
        await this.discard()
        await this.ensure(commit)
        return await read(this.objects())
      }
    })
  }

  /** Pushes a commit that makes a folder what it was; answers its id. */
  revert(revert: Revert, tip: string): Promise<string> {
    return this.exclusive(async () => {
      await this.ensure(tip)
      await this.ensure(revert.commit)
      // What is here is shallow; a fetch of the second commit may have thrown the first away.
      await this.ensure(tip)
      return revertFolder(revert, { gitdir: this.gitdir, url: this.url, http: this.http(), tip })
    })
  }

  /** The whole id that begins with these digits, looked for in the whole history. */
  expand(digits: string): Promise<string | undefined> {
    return this.exclusive(async () => {
      const known = await this.objects().expand(digits)
      if (known !== undefined) return known
      await this.fetchAll()
      return this.objects().expand(digits)
    })
  }

  private async ensure(commit: string): Promise<void> {
    if (await this.objects().hasCommit(commit)) return
    if ((await this.packCount()) >= mostPacks) await this.discard()
    await this.initialise()
    await this.fetchOne(commit).catch(() => undefined)
    this.reader = undefined
    if (await this.objects().hasCommit(commit)) {
      this.newest = commit
      return
    }
    // A server that gives out tips only: with their history the commit may be among them.
    await this.fetchAll()
    if (await this.objects().hasCommit(commit)) return
    const { head, refs } = await this.refs()
    if (head === commit || [...refs.values()].includes(commit))
      throw new GitError(
        `${this.url}: the server has ${commit}, but does not send it: is the repository damaged?`,
        true,
      )
    throw new GitError(`unable to resolve '${commit}' to a commit SHA: revision not found`, false)
  }

  /** Only what the commit has beyond the one fetched last: the library offers the server as had what `ref` names. */
  private async fetchOne(commit: string): Promise<void> {
    const have = (await this.had()) ?? commit
    const { gitdir, url, packs: cache } = this
    const request = { fs, cache, gitdir, url, http: thinPacks(this.http()), ref: have, remoteRef: commit }
    await this.remote(() => git.fetch({ ...request, singleBranch: true, depth: 1, tags: false }))
  }

  private async had(): Promise<string | undefined> {
    if (this.newest !== undefined) return this.newest
    const fetched = await readFile(join(this.gitdir, 'shallow'), 'utf8').catch(() => '')
    const last = fetched.trim().split('\n').at(-1)
    return last !== undefined && last !== '' && (await this.objects().hasCommit(last)) ? last : undefined
  }

  private async packCount(): Promise<number> {
    const files = await readdir(join(this.gitdir, 'objects/pack')).catch((): string[] => [])
    return files.filter((name) => name.endsWith('.pack')).length
  }

  private async fetchAll(): Promise<void> {
    // What is here is shallow: deepening it costs more care than fetching once more.
    await this.discard()
    await this.initialise()
    await this.remote(() =>
      git.fetch({ fs, gitdir: this.gitdir, url: this.url, http: this.http(), singleBranch: false, tags: true }),
    )
    this.reader = undefined
  }

  private async initialise(): Promise<void> {
    await mkdir(this.gitdir, { recursive: true, mode: 0o700 })
    await git.init({ fs, gitdir: this.gitdir, bare: true })
    await git.setConfig({
      fs,
      gitdir: this.gitdir,
      path: 'remote.origin.fetch',
      value: '+refs/heads/*:refs/remotes/origin/*',
    })
    await git.setConfig({ fs, gitdir: this.gitdir, path: 'remote.origin.url', value: this.url })
  }

  private async discard(): Promise<void> {
    this.forget()
    this.newest = undefined
    const trash = `${this.gitdir}.discarded`
    await rm(trash, { recursive: true, force: true })
    await rename(this.gitdir, trash).catch(() => undefined)
    await rm(trash, { recursive: true, force: true })
  }

  private objects(): ObjectReader {
    this.cancelIdle?.()
    this.cancelIdle = this.clock.after(idleMs, () => this.forget())
    return (this.reader ??= new ObjectReader(this.gitdir, this.contents, this.packs))
  }

  private forget(): void {
    this.reader = undefined
    this.packs = {}
  }

  private async remote<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof GitError) throw error
      throw toGitError(this.url, error)
    }
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work, work)
    this.last = mine.catch(() => undefined)
    return mine
  }
}

/** Words for a condition, as Argo CD's users know them: those of the library by which it asks for the refs. */
export function toGitError(url: string, error: unknown): GitError {
  const { statusCode, response = '' } = (error as { data?: { statusCode?: number; response?: string } }).data ?? {}
  const known = statusCode === undefined ? undefined : refusals[statusCode]
  if (known !== undefined)
    return new GitError(`failed to list refs: ${known}: ${response.trim()}`, false, { cause: error })
  const asked = `"${url}/info/refs?service=git-upload-pack"`
  if (statusCode !== undefined) {
    const words = `unexpected client error: unexpected requesting ${asked} status code: ${statusCode}`
    return new GitError(`failed to list refs: ${words}`, true, { cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  const refused = /^connect (ECONNREFUSED) (.+)$/.exec(message)
  const words = refused ? `Get ${asked}: dial tcp ${refused[2] ?? ''}: connect: connection refused` : message
  return new GitError(`failed to list refs: ${words}`, true, { cause: error })
}

const refusals: Readonly<Record<number, string>> = {
  401: 'authentication required',
  403: 'authorization failed',
  404: 'repository not found',
}
