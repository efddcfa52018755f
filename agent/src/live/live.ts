import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { pathOf, type Cluster } from '../cluster/client.ts'
import { discover, type Discovery } from '../cluster/discovery.ts'
import { isNotFound } from '../cluster/errors.ts'
import { watchKind } from '../cluster/watch.ts'
import { createVersionReader, type VersionReader } from './in-version.ts'
import { createRefresher, definitions, isEstablished, isServed, promiseOf, type Promised } from './served.ts'
import type { LiveStore } from './store.ts'

/** The cluster as it is: served kinds, and watched objects of the kinds in use. One watch a kind, whoever needs it. */
export interface Live {
  readonly store: LiveStore
  discovery(): Discovery
  /** Asks anew what is served, where that may have changed. */
  rediscover(): Promise<void>
  /** Makes sure that kinds are watched; resolves when each was listed once, or has failed to. */
  use(kinds: readonly KindInfo[]): Promise<void>
  /** Kinds (`group/kind`) that cannot be seen for now, with the reason. */
  unlisted(): ReadonlyMap<string, string>
  /** Those of them that have not been seen for so long that what was seen before says nothing any more. */
  unseen(): ReadonlyMap<string, string>
  /** Fetches wanted objects that are known to be there, but were not kept whole. */
  fill(keys: readonly ResourceKey[]): Promise<void>
  /** An object in the version that Git has it in. */
  readonly inVersion: VersionReader['read']
  stop(): void
}

interface Watched {
  readonly kind: KindInfo
  readonly stop: () => void
  readonly ready: Promise<void>
  trouble: string | undefined
  /** Trouble has lasted so long that what was seen before says nothing any more. */
  unseen: boolean
  /** The server knows no such path. */
  missing: boolean
}

/** Starts with what the cluster serves; watches nothing until asked to. */
export async function createLive(options: {
  readonly cluster: Cluster
  readonly store: LiveStore
  readonly clock: Clock
  readonly random: Random
  /** The kinds that are served have changed, or one can be seen again. */
  readonly rediscovered: () => void
  /** Tells when the API server answers again. */
  readonly recovered?: ((callback: () => void) => () => void) | undefined
  /** Whether the API server answers anything. */
  readonly answers?: (() => boolean) | undefined
  /** Told of all kinds that cannot be seen for a while now, with the reasons, when they change. */
  readonly unseen?: ((kinds: ReadonlyMap<string, string>) => void) | undefined
}): Promise<Live> {
  const { cluster, store, clock, random, recovered } = options
  let discovery = await discover(cluster)
  const watched = new Map<string, Watched>()

  function watch(kind: KindInfo): Watched {
    const name = `${kind.group}/${kind.kind}`
    let settle: () => void = () => undefined
    const ready = new Promise<void>((resolve) => (settle = resolve))
    let settled = false
    const state: Watched = {
      kind,
      ready,
      trouble: 'not listed yet',
      unseen: false,
      missing: false,
      stop() {
        stop()
        cancel()
        settle()
      },
    }
    let cancel = (): void => undefined
    const turn = (unseen: boolean): void => {
      state.unseen = unseen
      tellUnseen()
      options.rediscovered()
    }
    // While nothing at all is answered that is told once, of the whole cluster.
    const mourn = (): void => {
      cancel = clock.after(graceMs, () => (options.answers?.() === false ? mourn() : turn(true)))
    }
    watched.set(name, state)
    const stop = watchKind(
      { cluster, kind, clock, random, recovered },
      {
        // What definitions say decides what is served: each word of theirs is read.
        ...(name !== definitions && { answered: (text) => store.answered(text) }),
        changed(object, text) {
          store.put(object, text)
          if (name === definitions) defined(object)
        },
        removed(object) {
          store.remove(keyOf(object), object.metadata.uid)
          if (name === definitions && promised.delete(object.metadata.name ?? '')) refresher.soon()
        },
        listed: (uids) => store.retain(kind, uids),
        trouble(reason, missing = false) {
          const before = settled ? state.trouble : undefined
          settled = true
          state.trouble = reason
          state.missing = missing
          settle()
          if (missing) refresher.soon()
          if (reason === undefined) {
            cancel()
            // What was held back while the kind could not be seen may go on.
            if (state.unseen) turn(false)
            else if (before !== undefined) options.rediscovered()
          } else if (before === undefined) mourn()
          else if (state.unseen && before !== reason) tellUnseen()
        },
      },
    )
    return state
  }

  function unseen(): ReadonlyMap<string, string> {
    return new Map(
      [...watched].flatMap(([name, { trouble, unseen: lost }]) => (lost && trouble ? [[name, trouble]] : [])),
    )
  }
  const tellUnseen = (): void => options.unseen?.(unseen())

  let refreshing: Promise<void> | undefined
  async function rediscover(): Promise<void> {
    refreshing ??= discover(cluster)
      .then(adopt)
      .finally(() => (refreshing = undefined))
    await refreshing
  }

  function adopt(found: Discovery): void {
    const changed = textOf(found) !== textOf(discovery)
    discovery = found
    let left = false
    for (const [name, state] of watched) {
      if (!state.missing) continue
      const kind = found.kinds.get(name)
      if (kind && pathOf(kind) === pathOf(state.kind)) continue
      // A group that does not answer may still have it.
      if (!kind && found.stale.some((version) => version.startsWith(`${state.kind.group}/`))) continue
      state.stop()
      watched.delete(name)
      if (!kind) store.drop(state.kind)
      if (state.unseen) tellUnseen()
      left = true
    }
    if (changed || left) options.rediscovered()
  }

  /** By the names of established definitions. */
  const promised = new Map<string, Promised>()
  const lacking = (): boolean =>
    discovery.stale.length > 0 || [...promised.values()].some((one) => !isServed(one, discovery))
  const refresher = createRefresher(clock, rediscover, lacking)
  refresher.start()

  function defined(definition: KubeObject): void {
    if (!isEstablished(definition)) return
    const promise = promiseOf(definition)
    promised.set(definition.metadata.name ?? '', promise)
    if (!isServed(promise, discovery)) refresher.soon()
  }

  return {
    store,
    discovery: () => discovery,
    rediscover,
    async use(kinds) {
      const states = kinds
        .filter((kind) => kind.verbs.includes('watch') && kind.verbs.includes('list'))
        .map((kind) => watched.get(`${kind.group}/${kind.kind}`) ?? watch(kind))
      await Promise.all(states.map((state) => state.ready))
    },
    unlisted() {
      const found = new Map<string, string>()
      for (const [name, { trouble }] of watched) if (trouble !== undefined) found.set(name, trouble)
      return found
    },
    unseen,
    inVersion: createVersionReader(cluster, () => discovery).read,
    async fill(keys) {
      const missing = keys.filter((key) => {
        const entry = store.entry(key)
        return entry !== undefined && entry.text === undefined
      })
      await Promise.all(
        missing.map(async (key) => {
          const kind = discovery.kinds.get(`${key.group}/${key.kind}`)
          const entry = store.entry(key)
          if (!kind || !entry) return
          try {
            const { namespace, name } = key
            const answer = await cluster.request({ method: 'GET', path: pathOf(kind, { namespace, name }) })
            entry.text = answer.text
            store.putAnswer(answer.text)
          } catch (error) {
            if (!isNotFound(error)) throw error
            store.remove(key, undefined)
          }
        }),
      )
    },
    stop() {
      refresher.stop()
      for (const { stop } of watched.values()) stop()
      watched.clear()
    },
  }
}

/** A watch that breaks is back in a moment, mostly. */
const graceMs = 5_000

/** What is told of two discoveries when they tell the same. */
function textOf({ kinds, versions, stale }: Discovery): string {
  return JSON.stringify([[...kinds.values()], [...versions], stale])
}
