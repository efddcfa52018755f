import type { Cache } from './cache.ts'
import type { WorkQueue } from './work-queue.ts'

/** What a control loop of its own is made of: the caches that it reads, and a queue of what it has still to do. */
export abstract class Keeper {
  protected abstract readonly caches: readonly Cache[]
  protected abstract readonly queue: WorkQueue

  /** Resolves once all that is there was read. */
  async start(): Promise<void> {
    await Promise.all(this.caches.map((cache) => cache.start()))
  }

  get idle(): boolean {
    return this.queue.idle
  }

  close(): void {
    this.queue.close()
    for (const cache of this.caches) cache.close()
  }
}
