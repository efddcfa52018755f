import type { TreeObject } from 'isomorphic-git'
import { LRUCache } from 'lru-cache'
import { upTo } from '@flotilla/shared/runtime/up-to'

/** Objects of a repository that were read of late, by their ids: what an id names never changes, so they outlive fetches. */
export class Contents {
  readonly #blobs: LRUCache<string, Uint8Array>
  readonly #trees = new LRUCache<string, TreeObject>({
    maxSize: 40_000,
    sizeCalculation: (tree) => tree.length + 1,
  })
  readonly #roots = new LRUCache<string, string>({ max: 100 })
  readonly #plain = new LRUCache<string, boolean>(upTo(50_000))

  constructor(bytes = 8 * 1024 * 1024) {
    this.#blobs = new LRUCache({
      maxSize: bytes,
      maxEntrySize: bytes / 8,
      sizeCalculation: ({ length }) => length + 100,
    })
  }

  async blob(id: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    return kept(this.#blobs, id, read)
  }

  async tree(id: string, read: () => Promise<TreeObject>): Promise<TreeObject> {
    return kept(this.#trees, id, read)
  }

  /** Whether all below a tree is files and folders. */
  async plain(id: string, find: () => Promise<boolean>): Promise<boolean> {
    return kept(this.#plain, id, find)
  }

  /** The tree of a commit. */
  async root(commit: string, read: () => Promise<string>): Promise<string> {
    return kept(this.#roots, commit, read)
  }
}

async function kept<V extends {}>(cache: LRUCache<string, V>, id: string, read: () => Promise<V>): Promise<V> {
  const known = cache.get(id)
  if (known !== undefined) return known
  const value = await read()
  cache.set(id, value)
  return value
}
