import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { keyOf } from '@flotilla/shared/k8s/ref'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Cluster } from '../cluster/client.ts'
import { watchKind, type Failure } from '../cluster/watch.ts'
import type { LiveStore } from './store.ts'

/** A kind that is watched: everywhere, or in one namespace, where more is not allowed. */
export interface Watched {
  readonly kind: KindInfo
  readonly namespace: string | undefined
  /** Once it was listed, or could not be. */
  readonly ready: Promise<void>
  /** Why it cannot be seen for now. */
  readonly trouble: string | undefined
  /** Trouble has lasted so long that what was seen before says nothing any more. */
  readonly unseen: boolean
  readonly failure: Failure | undefined
  stop(): void
}

export interface WatchedOptions {
  readonly cluster: Cluster
  readonly store: LiveStore
  readonly clock: Clock
  readonly random: Random
  /** Tells when the API server answers again. */
  readonly recovered?: ((callback: () => void) => () => void) | undefined
  /** Whether the API server answers anything: while it does not, that is told once, of the whole cluster. */
  readonly answers?: (() => boolean) | undefined
  /** Each word of it is read, though an answer told it already. */
  readonly verbatim?: boolean
  readonly changed?: (object: KubeObject) => void
  readonly removed?: (object: KubeObject) => void
  /** It can be seen, or cannot, or for another reason; `turned`: what is known of its objects has another worth now. */
  readonly told: (watched: Watched, turned: boolean) => void
}

/** A watch that breaks is back in a moment, mostly. */
const graceMs = 5_000

/** Watches a kind into the store until stopped. */
export function startWatched(kind: KindInfo, namespace: string | undefined, options: WatchedOptions): Watched {
  const { store, clock } = options
  let settle: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (settle = resolve))
  let trouble: string | undefined = 'not listed yet'
  let failure: Failure | undefined
  let settled = false
  let unseen = false
  let cancel = (): void => undefined

  /** `wasAway`: nothing at all was answered a moment ago; once it is again, the kind has its time to come back, too. */
  function mourn(wasAway = false): void {
    cancel = clock.after(graceMs, () => {
      const isAway = options.answers?.() === false
      if (isAway || wasAway) return mourn(isAway)
      unseen = true
      options.told(watched, true)
    })
  }

  const stop = watchKind(
    { ...options, kind, namespace },
    {
      ...(!options.verbatim && { answered: (text) => store.answered(text) }),
      changed(object, text) {
        store.put(object, text)
        options.changed?.(object)
      },
      removed(object) {
        store.remove(keyOf(object), object.metadata.uid)
        options.removed?.(object)
      },
      rewound: () => store.rewind(kind),
      listed: (uids) => store.retain(kind, uids, namespace),
      trouble(reason, why) {
        const first = !settled
        const before = first ? undefined : trouble
        const other = why !== failure
        settled = true
        trouble = reason
        failure = why
        settle()
        if (reason === undefined) {
          cancel()
          unseen = false
          if (before !== undefined || first) options.told(watched, before !== undefined)
          return
        }
        const lost = unseen
        // What was never seen, or must not be, is not in trouble for a moment only.
        unseen ||= first || why === 'forbidden'
        if (unseen) cancel()
        else if (before === undefined) mourn()
        if (unseen !== lost || other || (unseen && before !== reason)) {
          options.told(watched, (unseen !== lost || other) && !first)
        }
      },
    },
  )
  const watched: Watched = {
    kind,
    namespace,
    ready,
    get trouble() {
      return trouble
    },
    get unseen() {
      return unseen
    },
    get failure() {
      return failure
    },
    stop() {
      stop()
      cancel()
      settle()
    },
  }
  return watched
}
