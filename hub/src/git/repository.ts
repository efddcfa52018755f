import type { Revert } from './revert.ts'

/** One file of a tree, symlinks inside the repository already followed. */
export interface TreeFile {
  /** Relative to the path that was read, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
  /** Set where a symlink was followed to it. */
  readonly linked?: true
  /** Set for a symlink out of the repository, which has no bytes: whoever would read it fails, nobody else. */
  readonly outside?: string
}

/** A folder of one commit, or why it cannot be read. */
export interface Tree {
  /** Digest of everything in it, whatever commit it was read from. */
  readonly digest: string
  readonly files: readonly TreeFile[]
}

export interface CommitInfo {
  readonly author: string
  /** RFC 3339. */
  readonly date: string
  readonly message: string
  readonly tags: readonly string[]
}

/** The refs of a repository as last seen. */
export interface RefList {
  /** Full names (`refs/heads/main`, `refs/tags/v1`; tags peeled) to commit ids. */
  readonly refs: ReadonlyMap<string, string>
  /** The commit of the default branch. */
  readonly head: string | undefined
}

/** Refs of `url` are not what they were; `names` are the full names that moved, appeared or went. */
export interface Moved {
  readonly url: string
  readonly names: readonly string[]
}

/** What Git has, as the rest of the hub sees it; every failure is a `GitError` with words for a condition. */
export interface Repositories {
  /** The commit id of a revision: branch, tag, id (whole or short), `HEAD`, empty, or a semver range over tags. Uses refs as last seen. */
  resolve(url: string, revision: string): Promise<string>
  refs(url: string): Promise<RefList>
  /** Reads a folder of a commit without a checkout; fetches the commit where it is not here. Throws if `path` is no folder. */
  readTree(url: string, commit: string, path: string): Promise<Tree>
  /** Git's id of a folder of a commit; undefined where there is none, or links make the id say too little. */
  folderId(url: string, commit: string, path: string): Promise<string | undefined>
  commitInfo(url: string, commit: string): Promise<CommitInfo>
  /** Writes a commit, or one folder of it, to where it belongs under an empty folder. Symlinks stay symlinks. */
  checkout(url: string, commit: string, folder: string, path?: string): Promise<void>
  /**
   * Makes a folder of a branch what it was in an earlier commit, by a commit on top; answers that. Needs credentials
   * that may push.
   */
  revert(url: string, revert: Revert): Promise<string>
  /**
   * Asks the remote for its refs now (webhook, refresh): the answer is from after the call. Callers at the same time share
   * one request.
   */
  refresh(url: string): Promise<RefList>
  /** Polls this repository while the answer has not been called; many interests share one poll. */
  interest(url: string): () => void
  /** The repositories asked for so far, one address each. */
  urls(): readonly string[]
  onMoved(callback: (moved: Moved) => void): () => void
  /** Can it be reached with the credentials that match? Throws why not. */
  test(url: string): Promise<void>
  close(): Promise<void>
}

/** A failure of Git, in words that may be shown; `transient` ones are worth another try. */
export class GitError extends Error {
  /** Which of the sources of an application it was, from 0 on. */
  source?: number
  readonly transient: boolean

  constructor(message: string, transient: boolean, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GitError'
    this.transient = transient
  }
}
