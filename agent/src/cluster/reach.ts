import type { Clock } from '@flotilla/shared/lang/clock'
import type { Cluster } from './client.ts'
import { ApiError } from './errors.ts'

/** The API server cannot be asked, and since when. */
export interface Trouble {
  /** Milliseconds since the epoch, by the agent's clock. */
  readonly since: number
  readonly message: string
}

/** Whether the API server answers at all. */
export interface Reach {
  trouble(): Trouble | undefined
  /** Something went wrong: it is found out whether that is all that can be had. */
  suspect(): void
  /** The API server has answered. */
  answered(): void
  /** A watch said something: it need not be asked whether it is there, though it may answer nothing. */
  heard(): void
  /** Called when trouble comes and when it ends. The answer unsubscribes. */
  onChange(listener: (trouble: Trouble | undefined) => void): () => void
  /** Called when it answers again. The answer unsubscribes. */
  readonly onRecovery: (listener: () => void) => () => void
  stop(): void
}

export interface ReachOptions {
  readonly cluster: Cluster
  readonly clock: Clock
}

/** So long may a cluster be silent before it is asked whether it is there: watches bring a bookmark each minute. */
const silenceMs = 75_000
/** A first failure is no trouble yet: an API server that is restarted, or one of several, is back in a moment. */
const againMs = 1_500
const mostMs = 10_000
const patienceMs = 8_000
/** Trouble that is told in ever new words is told so often. */
const sameMs = 60_000

/** The first page of what every API server has; what is refused is answered, too. */
const question = { method: 'GET', path: '/api/v1/namespaces', query: { limit: 1 }, idempotent: false } as const

/**
 * Follows whether the API server answers. It asks nothing while answers and watches are heard; after a failure, or a
 * long silence, it asks by itself until it knows, and goes on asking until there is an answer again.
 */
export function createReach({ cluster, clock }: ReachOptions): Reach {
  const listeners = new Set<(trouble: Trouble | undefined) => void>()
  let trouble: Trouble | undefined
  let toldAt = 0
  let heardAt = clock.now()
  let asking = false
  let failedAt: number | undefined
  let failures = 0
  let stopped = false
  let cancel: () => void = () => undefined

  function turn(next: Trouble | undefined): void {
    const same = next !== undefined && trouble !== undefined
    if (same && (next.message === trouble?.message || clock.now() - toldAt < sameMs)) return
    toldAt = clock.now()
    trouble = next
    for (const listener of listeners) listener(next)
  }

  function heard(): void {
    heardAt = clock.now()
  }

  function answered(): void {
    heardAt = clock.now()
    failedAt = undefined
    failures = 0
    if (trouble) turn(undefined)
  }

  function listen(): void {
    cancel()
    if (stopped) return
    cancel = clock.after(Math.max(1_000, heardAt + silenceMs - clock.now()), () => {
      if (clock.now() - heardAt >= silenceMs) suspect()
      else listen()
    })
  }

  function suspect(): void {
    if (asking || stopped) return
    asking = true
    cancel()
    void ask()
  }

  async function ask(): Promise<void> {
    do {
      const began = clock.now()
      const failure = await withPatience(clock, cluster.request(question)).then(() => undefined, failureOf)
      if (stopped) return
      if (failure === undefined) answered()
      else {
        failedAt ??= began
        if (++failures > 1) turn({ since: trouble?.since ?? failedAt, message: failure })
        await new Promise<void>((resolve) => (cancel = clock.after(Math.min(mostMs, againMs * failures), resolve)))
      }
      // What else was answered in the meantime counts as much.
    } while (failures > 0)
    asking = false
    listen()
  }

  function onChange(listener: (trouble: Trouble | undefined) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  listen()
  return {
    trouble: () => trouble,
    suspect,
    answered,
    heard,
    onChange,
    onRecovery: (listener) => onChange((now) => now ?? listener()),
    stop() {
      stopped = true
      cancel()
    },
  }
}

/** The cluster, each answer and each failure of which is noticed. */
export function observed(cluster: Cluster, reach: Pick<Reach, 'answered' | 'heard' | 'suspect'>): Cluster {
  const noticed = <T>(answer: Promise<T>): Promise<T> => {
    answer.then(reach.answered, (error: unknown) =>
      failureOf(error) === undefined ? reach.answered() : reach.suspect(),
    )
    return answer
  }
  return {
    request: (request) => noticed(cluster.request(request)),
    list: (kind, options, take) => noticed(cluster.list(kind, options, take)),
    async *stream(path, query, signal, opened) {
      const taken = (): void => {
        reach.answered()
        opened?.()
      }
      try {
        for await (const line of cluster.stream(path, query, signal, taken)) {
          reach.heard()
          yield line
        }
      } catch (error) {
        if (!signal.aborted && failureOf(error) !== undefined) reach.suspect()
        throw error
      }
    },
    close: () => cluster.close(),
  }
}

/** Why nothing can be had of the API server; undefined where it has answered, if only with a refusal. */
export function failureOf(error: unknown): string | undefined {
  if (error instanceof ApiError) {
    if (error.code === 401) return `the API server does not accept the agent's credential: ${error.message}`
    return error.code >= 500 ? `the API server answers ${error.code}: ${error.message}` : undefined
  }
  return error instanceof Error ? reasonOf(error) : String(error)
}

/** Of a failure at several addresses each is told, and codes that say what messages do not. */
function reasonOf(error: Error): string {
  const parts: unknown = (error as { errors?: unknown }).errors
  if (Array.isArray(parts) && error.message === '') return parts.map((part) => reasonOf(part as Error)).join('; ')
  const { code } = error as { code?: unknown }
  return error.message || (typeof code === 'string' ? code : error.name)
}

function withPatience<T>(clock: Clock, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(patienceMs, () => reject(new Error('the API server does not answer')))
    answer.then(resolve, reject).finally(cancel)
  })
}
