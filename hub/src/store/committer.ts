import { StoreError } from '@flotilla/shared/apiserver/object-store'
import { Worker } from 'node:worker_threads'
import type { ObjectRow, Op, Read, RecordRow, Reply, Request } from './wire.ts'

interface Waiting {
  readonly ops: readonly Op[]
  /** Called in commit order, before any promise of the batch resolves. */
  readonly durable: (done: readonly boolean[]) => void
  readonly failed: (error: StoreError) => void
}

/** The thread holds one batch at a time: left to itself, its heap would grow to many times that before it is swept. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 }

/** Where writes stop waiting for each other's fsync: what gathers while one commit runs goes into the next. */
const batchOps = 1000

/** The near end of the database thread: group commit and reads. */
export class Committer {
  private readonly worker: Worker
  private readonly replies = new Map<number, (reply: Reply) => void>()
  private nextId = 1
  private queue: Waiting[] = []
  private committing = false
  /** Set after an error that says the disk cannot be trusted: no write is tried again. */
  private broken: StoreError | undefined

  private constructor(worker: Worker) {
    this.worker = worker
    worker.on('message', (reply: Reply) => {
      if ('id' in reply) {
        const answer = this.replies.get(reply.id)
        this.replies.delete(reply.id)
        answer?.(reply)
      }
    })
    worker.on('exit', () => this.fail(new StoreError('Closed', 'the store is closed')))
    worker.on('error', (error) => this.fail(new StoreError('Closed', `the store's thread died: ${error.message}`)))
  }

  /** Starts the thread; `load` is called with every object on disk. Answers with the revision. */
  static async open(
    dir: string,
    load: (rows: readonly ObjectRow[]) => void,
    maxPages?: number,
  ): Promise<{ committer: Committer; revision: number }> {
    const worker = startThread(dir, maxPages)
    const committer = new Committer(worker)
    const revision = await new Promise<number>((resolve, reject) => {
      const start = (reply: Reply): void => {
        if ('loaded' in reply) return load(reply.loaded)
        if ('ready' in reply) resolve(reply.ready)
        else if ('refused' in reply) reject(new StoreError('Unavailable', reply.refused))
        worker.off('message', start)
      }
      worker.on('message', start)
      worker.once('error', reject)
    })
    return { committer, revision }
  }

  /** Puts ops into the next commit. `visible` runs once they are durable, in order of the calls. */
  commit(ops: readonly Op[], visible: () => void = () => {}): Promise<readonly boolean[]> {
    if (this.broken) return Promise.reject(this.broken)
    return new Promise((resolve, reject) => {
      const durable = (done: readonly boolean[]): void => {
        visible()
        resolve(done)
      }
      this.queue.push({ ops, durable, failed: reject })
      void this.pump()
    })
  }

  async records(ask: Read): Promise<readonly RecordRow[]> {
    const reply = await this.request({ id: this.nextId++, ask })
    return 'rows' in reply ? reply.rows : []
  }

  async blob(digest: string): Promise<string | undefined> {
    const reply = await this.request({ id: this.nextId++, ask: { read: 'blob', digest } })
    return 'text' in reply ? reply.text : undefined
  }

  async oldBlobs(before: number, after: string, limit: number): Promise<readonly string[]> {
    const reply = await this.request({ id: this.nextId++, ask: { read: 'old-blobs', before, after, limit } })
    return 'digests' in reply ? reply.digests : []
  }

  /** Writes what is queued, then lets the database and its lock go. */
  async close(): Promise<void> {
    if (this.broken?.reason === 'Closed') return
    await this.request({ id: this.nextId++, close: true }).catch(() => undefined)
    this.broken = new StoreError('Closed', 'the store is closed')
    await this.worker.terminate()
  }

  private async pump(): Promise<void> {
    if (this.committing) return
    this.committing = true
    // A turn of the loop lets writes of one moment share one fsync.
    await Promise.resolve()
    while (this.queue.length > 0) {
      const batch = this.take()
      const ops = batch.flatMap((each) => each.ops)
      const id = this.nextId++
      this.settle(batch, ops.length === 0 ? { id, done: [] } : await this.request({ id, ops }).catch(toStoreError))
    }
    this.committing = false
  }

  private take(): Waiting[] {
    let count = 0
    const end = this.queue.findIndex((each) => (count += each.ops.length) > batchOps)
    return this.queue.splice(0, end <= 0 ? (end === 0 ? 1 : this.queue.length) : end)
  }

  private settle(batch: readonly Waiting[], outcome: Reply | StoreError): void {
    if (outcome instanceof StoreError) {
      for (const each of batch) each.failed(outcome)
      return
    }
    const done = 'done' in outcome ? outcome.done : []
    let offset = 0
    for (const each of batch) {
      each.durable(done.slice(offset, offset + each.ops.length))
      offset += each.ops.length
    }
  }

  private request(request: Request): Promise<Reply> {
    if (this.broken) return Promise.reject(this.broken)
    return new Promise((resolve, reject) => {
      this.replies.set(request.id, (reply) => {
        if (!('failed' in reply)) return resolve(reply)
        const error = new StoreError('Unavailable', `cannot write to the store: ${reply.failed}`)
        // After a failed fsync the kernel may have dropped the pages: trying again would claim what is not so.
        if (/^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(reply.code)) this.broken = error
        reject(error)
      })
      this.worker.postMessage(request)
    })
  }

  private fail(error: StoreError): void {
    this.broken ??= error
    for (const [id, answer] of this.replies) answer({ id, failed: error.message, code: '' })
    this.replies.clear()
    for (const each of this.queue.splice(0)) each.failed(error)
  }
}

function toStoreError(error: unknown): StoreError {
  return error instanceof StoreError ? error : new StoreError('Unavailable', String(error), { cause: error })
}

/** From sources the thread has to load TypeScript itself, as loaders are not inherited; from a build it is plain JavaScript. */
function startThread(dir: string, maxPages: number | undefined): Worker {
  const source = import.meta.url.endsWith('.ts')
  const file = new URL(source ? './thread.ts' : './thread.js', import.meta.url)
  if (!source) return new Worker(file, { workerData: { dir, maxPages }, resourceLimits })
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file.href)}) })`
  return new Worker(load, { eval: true, workerData: { dir, maxPages }, execArgv: [], resourceLimits })
}
