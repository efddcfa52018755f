import type { Clock } from '@flotilla/shared/lang/clock'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { normalizeUrl, type RepositoryCredentials } from './credentials.ts'
import { defaultHttpLimits, gitHttp, type HttpLimits } from './http.ts'
import { LocalRepository } from './local.ts'
import { Mirror } from './mirror.ts'
import { useNativeZlib } from './native-zlib.ts'
import type { ObjectReader } from './objects.ts'
import { GitError, type CommitInfo, type Moved, type RefList, type Repositories, type Tree } from './repository.ts'
import type { Revert } from './revert.ts'
import { resolveRevision } from './revision.ts'
import { createTransports, type Transports } from './transport.ts'

export interface RepositoriesOptions {
  /** Where mirrors are kept. */
  readonly dir: string
  readonly clock: Clock
  /** 0: no polling. */
  readonly pollMs?: number
  readonly credentials?: (url: string) => RepositoryCredentials | undefined
  /** The folder behind a URL, where the operator lets the hub read local repositories. */
  readonly local?: (url: string) => string | undefined
  readonly limits?: HttpLimits
  /** How servers are reached (default: as Node.js reaches any). */
  readonly transports?: Transports
}

/** Where the objects of one repository come from. */
interface Origin {
  refs(): Promise<RefList>
  withCommit<T>(commit: string, read: (reader: ObjectReader) => Promise<T>): Promise<T>
  expand(digits: string): Promise<string | undefined>
  revert(revert: Revert, tip: string): Promise<string>
}

interface Known {
  readonly url: string
  readonly origin: Origin
  refs: RefList | undefined
  /** Somebody asked and heard an error: what was seen before is not the answer to the next one who asks. */
  unreachable: boolean
  /** Under way; `sent`: the answer may be from before whatever comes now. */
  asking: { sent: boolean; readonly answer: Promise<RefList> } | undefined
  /** After that. */
  next: Promise<RefList> | undefined
  interests: number
  cancelPoll: (() => void) | undefined
}

/** All repositories of the hub: one mirror and one poll each, however many applications use it. */
export function createRepositories(options: RepositoriesOptions): Repositories {
  useNativeZlib()
  const known = new Map<string, Known>()
  const listeners = new Set<(moved: Moved) => void>()
  const { pollMs = 180_000, limits = defaultHttpLimits, transports = createTransports() } = options
  let closed = false

  const originOf = (url: string): Origin => {
    const folder = options.local?.(url)
    if (folder !== undefined) return new LocalRepository(folder)
    if (!/^https?:\/\//.test(url)) throw new GitError(`${url}: only http and https repositories are supported`, false)
    const digest = createHash('sha256').update(normalizeUrl(url)).digest('hex').slice(0, 32)
    const http = () => gitHttp(options.credentials?.(url), limits, transports)
    return new Mirror(url, join(options.dir, digest), http, options.clock)
  }

  const at = (url: string): Known => {
    const id = normalizeUrl(url)
    let found = known.get(id)
    if (!found) {
      const origin = originOf(url)
      known.set(
        id,
        (found = {
          url,
          origin,
          refs: undefined,
          unreachable: false,
          asking: undefined,
          next: undefined,
          interests: 0,
          cancelPoll: undefined,
        }),
      )
    }
    return found
  }

  const ask = async (repository: Known): Promise<RefList> => {
    const now = await repository.origin.refs()
    const before = repository.refs
    repository.refs = now
    repository.unreachable = false
    const names = before ? movedNames(before, now) : []
    if (names.length > 0) for (const listener of listeners) listener({ url: repository.url, names })
    return now
  }

  const poll = (repository: Known): Promise<RefList> => {
    if (repository.asking) return repository.asking.answer
    const begin = Promise.resolve().then(() => {
      asking.sent = true
      return ask(repository)
    })
    const asking = { sent: false, answer: begin.finally(() => (repository.asking = undefined)) }
    repository.asking = asking
    return asking.answer
  }
  /** By a request that is sent after this. */
  const askAnew = (repository: Known): Promise<RefList> => {
    const { asking } = repository
    if (!asking?.sent) return poll(repository)
    repository.next ??= asking.answer
      .catch(() => undefined)
      .then(() => {
        repository.next = undefined
        return askAnew(repository)
      })
    return repository.next
  }
  const heard = async (repository: Known, answer: Promise<RefList>): Promise<RefList> => {
    try {
      return await answer
    } catch (error) {
      repository.unreachable = true
      throw error
    }
  }
  const refresh = async (url: string): Promise<RefList> => {
    const repository = at(url)
    return heard(repository, askAnew(repository))
  }

  const schedule = (repository: Known): void => {
    if (closed || pollMs <= 0 || repository.interests === 0) return
    repository.cancelPoll = options.clock.after(pollMs, () => {
      // A poll that fails keeps what was seen; whoever resolves next hears the error of its own request.
      void poll(repository)
        .catch(() => undefined)
        .finally(() => schedule(repository))
    })
  }

  const refs = async (url: string): Promise<RefList> => {
    const repository = at(url)
    const { refs: seen, unreachable } = repository
    return seen && !unreachable ? seen : heard(repository, poll(repository))
  }

  return {
    refs,
    refresh,
    async resolve(url, revision) {
      const meaning = resolveRevision(revision, await refs(url))
      if (meaning.kind === 'commit') return meaning.commit
      const commit = meaning.kind === 'short' ? await at(url).origin.expand(meaning.digits) : undefined
      if (commit !== undefined) return commit
      throw new GitError(`unable to resolve '${revision}' to a commit SHA: revision not found`, false)
    },
    readTree: (url, commit, path): Promise<Tree> =>
      at(url).origin.withCommit(commit, (reader) => reader.read(commit, path)),
    folderId: (url, commit, path) => at(url).origin.withCommit(commit, (reader) => reader.folderId(commit, path)),
    async commitInfo(url, commit): Promise<CommitInfo> {
      const info = await at(url).origin.withCommit(commit, (reader) => reader.commitInfo(commit))
      const tags = [...(await refs(url)).refs].flatMap(([name, id]) =>
        id === commit && name.startsWith('refs/tags/') ? [name.slice('refs/tags/'.length)] : [],
      )
      return { ...info, tags }
    },
    checkout: (url, commit, folder, path = '') =>
      at(url).origin.withCommit(commit, (reader) => reader.checkout(commit, folder, path)),
    async revert(url, revert) {
      const tip = (await refresh(url)).refs.get(`refs/heads/${revert.branch}`)
      if (tip === undefined) throw new GitError(`${revert.branch} is no branch: there is nothing to commit on`, false)
      const commit = await at(url).origin.revert(revert, tip)
      await refresh(url)
      return commit
    },
    interest(url) {
      const repository = at(url)
      if (repository.interests++ === 0) schedule(repository)
      let held = true
      return () => {
        if (!held) return
        held = false
        if (--repository.interests === 0) repository.cancelPoll?.()
      }
    },
    urls: () => [...known.values()].map(({ url }) => url),
    onMoved(callback) {
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    async test(url) {
      await originOf(url).refs()
    },
    async close() {
      closed = true
      for (const repository of known.values()) repository.cancelPoll?.()
    },
  }
}

function movedNames(before: RefList, now: RefList): string[] {
  const names = new Set([...before.refs.keys(), ...now.refs.keys()])
  const moved = [...names].filter((name) => before.refs.get(name) !== now.refs.get(name))
  return before.head === now.head ? moved : ['HEAD', ...moved]
}
