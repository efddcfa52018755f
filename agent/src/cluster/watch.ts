import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { listenTo, restUntil } from '@flotilla/shared/lang/rest'
import { pathOf, type Cluster } from './client.ts'
import { ApiError, isNotFound } from './errors.ts'
import { isOlder } from './versions.ts'

/** Takes what a watch of one kind sees. */
export interface WatchSink {
  changed(object: KubeObject, text?: string): void
  /** The version of an object, where these very words have been heard already and need not be read again. */
  answered?(text: string): string | undefined
  removed(object: KubeObject): void
  /**
   * A list is complete: what is not in `uids` is gone. False: too much is gone to be believed; the list is asked again.
   */
  listed(uids: ReadonlySet<string>): boolean
  /** The API server's time has gone back: versions that are heard from now on are older, and hold. */
  rewound?(): void
  /** The kind cannot be seen for now, with the reason; undefined once it can. */
  trouble(reason: string | undefined, failure?: Failure): void
}

/** Why nothing is seen: the server knows of no such kind, does not allow it, or what may pass by itself. */
export type Failure = 'missing' | 'forbidden' | 'other'

export interface WatchOptions {
  readonly cluster: Cluster
  readonly kind: KindInfo
  /** Nothing beyond this namespace. */
  readonly namespace?: string | undefined
  readonly clock: Clock
  readonly random: Random
  /** Calls back when the API server answers again after it did not: then there is nothing to wait for. */
  readonly recovered?: ((callback: () => void) => () => void) | undefined
}

const graceSeconds = 30
const steadyMs = 10_000
const relistMs = 3_600_000
/** Nothing is heard between two watches. */
const mostUnwatchedMs = 5_000
/** Rights over a whole cluster come seldom. */
const seldomMs = 300_000
/** So many refusals of what was allowed before may be a mistake. */
const forgiven = 3
/** So many watches may fail until the kind is listed instead. */
const unheard = 4
const backoff = { first: 1_000, most: 60_000 } as const

/**
 * Lists a kind and watches it from there, for ever: resumes where the server ended the watch, lists again where the
 * server has forgotten (410), waits longer and longer where it fails. A failed or partial list removes nothing.
 * The answer stops it.
 */
export function watchKind(options: WatchOptions, sink: WatchSink): () => void {
  const { cluster, kind, namespace, clock, random, recovered } = options
  const within = namespace === undefined ? {} : { namespace }
  const stop = new AbortController()
  const { signal } = stop
  let version: string | undefined
  /** The newest that was heard of. */
  let newest: string | undefined
  let failures = 0
  let seen = false
  /** Something went wrong, and no watch has been opened since. */
  let deaf = false
  let relistAt = 0

  async function listAll(): Promise<void> {
    const uids = new Set<string>()
    const listed = await cluster.list(kind, within, (objects) => {
      for (const object of objects) {
        if (object.metadata.uid !== undefined) uids.add(object.metadata.uid)
        if (!signal.aborted) sink.changed(object)
      }
    })
    if (signal.aborted) return
    if (newest !== undefined && isOlder(listed, newest)) {
      newest = undefined
      sink.rewound?.()
      return listAll()
    }
    newest = listed
    if (!sink.listed(uids)) throw new Error(`the list of ${kind.resource} lacks most of what was there`)
    version = listed
    relistAt = clock.now() + relistMs * (1 + random.next())
  }

  async function follow(): Promise<void> {
    const seconds = 300 + Math.floor(random.next() * 300)
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: version ?? '',
      timeoutSeconds: seconds,
    }
    // A server that neither speaks nor ends the watch in time is lost, and so may be what it should have told.
    const lost = new AbortController()
    const stopWaiting = clock.after((seconds + graceSeconds) * 1000, () => {
      version = undefined
      lost.abort(new Error(`the watch of ${kind.resource} did not end in time`))
    })
    try {
      await read(cluster.stream(pathOf(kind, within), query, AbortSignal.any([signal, lost.signal]), hear))
    } finally {
      stopWaiting()
    }
  }

  function hear(): void {
    if (signal.aborted) return
    deaf = false
    seen = true
    sink.trouble(undefined)
  }

  async function read(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      if (deaf) hear()
      const text = changedText(line)
      const told = text === undefined ? undefined : sink.answered?.(text)
      if (told !== undefined) {
        version = told
        failures = 0
        continue
      }
      const event = JSON.parse(line) as WatchEvent
      if (event.type === 'ERROR')
        throw new ApiError(event.object.code ?? 500, 'watch', event.object.message ?? 'the watch failed')
      const seen = event.object.metadata.resourceVersion
      if (event.type === 'ADDED' || event.type === 'MODIFIED') sink.changed(event.object, text)
      else if (event.type === 'DELETED') sink.removed(event.object)
      if (seen !== undefined) {
        if (newest !== undefined && isOlder(seen, newest)) {
          if (event.type === 'BOOKMARK') throw new ApiError(410, 'Gone', 'the API server knows of less than before')
        } else newest = seen
        version = seen
      }
      failures = 0
    }
  }

  // An answer that comes while something is asked already is one to what is asked next.
  const recovery = listenTo(recovered)

  async function run(): Promise<void> {
    while (!signal.aborted) {
      recovery.forget()
      let began = clock.now()
      try {
        if (version === undefined) await listAll()
        if (!deaf) hear()
        began = clock.now()
        await follow()
        // A net under everything: whatever was missed, and for whatever reason, is seen then.
        if (clock.now() >= relistAt) version = undefined
        // A server that ends each watch at once must not be asked in a hot loop.
        if (clock.now() - began < 1_000 && !signal.aborted) await rest(Math.min(mostUnwatchedMs, pause(++failures)))
      } catch (error) {
        if (signal.aborted) return
        // What held for a while has not failed again and again, however quiet it was.
        if (clock.now() - began >= steadyMs) failures = 0
        if (error instanceof ApiError && (error.code === 410 || error.code === 504)) version = undefined
        else if (error instanceof SyntaxError || (error instanceof ApiError && error.reason === 'watch'))
          version = undefined
        const found = failureKind(error)
        deaf = true
        // Who was away for a while may have come back with another past.
        if (!(error instanceof ApiError) && failures > 0) version = undefined
        // Where nothing can be watched it is at least looked at, now and then.
        if (++failures > unheard) version = undefined
        // An API server that has just started allows nothing until it has read its rules.
        const failure = found === 'forbidden' && seen && failures <= forgiven ? 'other' : found
        sink.trouble(error instanceof Error ? error.message : String(error), failure)
        // What is allowed in single namespaces is watched there meanwhile.
        const inParts = failure === 'forbidden' && kind.namespaced && namespace === undefined
        await rest(inParts ? Math.min(seldomMs, 10_000 * 2 ** (failures - 1)) : pause(failures))
      }
    }
  }

  const rest = (ms: number): Promise<void> => restUntil(clock, ms, recovery.sooner)

  function pause(count: number): number {
    return Math.min(backoff.most, backoff.first * 2 ** (count - 1)) * (0.5 + random.next() / 2)
  }

  void run()
  return () => {
    stop.abort()
    recovery.stop()
  }
}

function failureKind(error: unknown): Failure {
  if (isNotFound(error)) return 'missing'
  return error instanceof ApiError && error.code === 403 ? 'forbidden' : 'other'
}

const changes: readonly string[] = ['{"type":"ADDED","object":', '{"type":"MODIFIED","object":']

/** The object in the line of an event that adds or changes it, as servers write such lines. Not copied: it is nearly all of the line. */
function changedText(line: string): string | undefined {
  const head = changes.find((start) => line.startsWith(start))
  return head === undefined || !line.endsWith('}') ? undefined : line.slice(head.length, -1)
}

interface WatchEvent {
  readonly type: string
  readonly object: KubeObject & { readonly code?: number; readonly message?: string }
}
