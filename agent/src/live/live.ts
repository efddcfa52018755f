import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ResourceKey } from '@flotilla/shared/k8s/ref'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { pathOf } from '../cluster/client.ts'
import { discover, type Discovery } from '../cluster/discovery.ts'
import { isNotFound } from '../cluster/errors.ts'
import { createVersionReader, type VersionReader } from './in-version.ts'
import { createRefresher, definitions, isEstablished, isServed, promiseOf, type Promised } from './served.ts'
import type { LiveStore } from './store.ts'
import { startWatched, type Watched, type WatchedOptions } from './watched.ts'

/** Where an object would be; no namespace, where its kind has none. */
export type Place = Pick<ResourceKey, 'group' | 'kind' | 'namespace'>

/** The cluster as it is: served kinds, and watched objects of the kinds in use. One watch a kind, whoever needs it. */
export interface Live {
  readonly store: LiveStore
  discovery(): Discovery
  /** Asks anew what is served, where that may have changed. */
  rediscover(): Promise<void>
  /**
   * Makes sure that kinds are watched, in these namespaces where that is all that is allowed; resolves when each was listed
   * once, or has failed to.
   */
  use(kinds: readonly KindInfo[], namespaces: readonly string[]): Promise<void>
  /** Why objects of a kind, in a namespace, cannot be seen for now. */
  unlisted(place: Place): string | undefined
  /** The same, where that has lasted so long that what was seen before says nothing any more. */
  unseen(place: Place): string | undefined
  /** Looks for one object of a kind that cannot be listed; false where not even that is allowed. */
  find(key: ResourceKey): Promise<boolean>
  /** Fetches wanted objects that are known to be there, but were not kept whole. */
  fill(keys: readonly ResourceKey[]): Promise<void>
  /** Lists everything that is watched anew: what it is to applications is to be judged by other marks. */
  relist(): void
  /** An object in the version that Git has it in. */
  readonly inVersion: VersionReader['read']
  stop(): void
}

/** Starts with what the cluster serves; watches nothing until asked to. */
export async function createLive(
  options: Pick<WatchedOptions, 'cluster' | 'store' | 'clock' | 'random' | 'recovered' | 'answers'> & {
    /** The kinds that are served have changed, or one can be seen again, or cannot any more. */
    readonly rediscovered: () => void
    /** Told of all kinds that cannot be seen for a while now, with the reasons, when they change. */
    readonly unseen?: (kinds: ReadonlyMap<string, string>) => void
  },
): Promise<Live> {
  const { cluster, store, clock } = options
  let discovery = await discover(cluster)
  const watched = new Map<string, Watched>()

  function watch(kind: KindInfo, namespace?: string): Watched {
    const name = nameOf(kind)
    const started = startWatched(kind, namespace, {
      ...options,
      // What definitions say decides what is served.
      ...(name === definitions && {
        verbatim: true,
        changed: defined,
        removed: ({ metadata }) => void (promised.delete(metadata.name ?? '') && refresher.soon()),
      }),
      told(one, turned) {
        if (one.failure === 'missing') refresher.soon()
        // With rights over the whole cluster single namespaces need not be watched.
        if (one.trouble === undefined && namespace === undefined) leave((other) => isPart(other, kind))
        tellUnseen()
        if (turned) options.rediscovered()
      },
    })
    watched.set(watchName(kind, namespace), started)
    return started
  }

  function leave(which: (one: Watched) => boolean): void {
    for (const [name, one] of watched) {
      if (!which(one)) continue
      one.stop()
      watched.delete(name)
    }
  }

  /** What is watched where an object of a kind would be. */
  function watchedAt({ group, kind, namespace }: Place): Watched | undefined {
    const whole = watched.get(`${group}/${kind}`)
    if (whole?.failure !== 'forbidden' || namespace === '') return whole
    return watched.get(`${group}/${kind}@${namespace}`) ?? whole
  }

  /** Kinds that cannot be seen, but for those that are watched in single namespaces. */
  function unseen(): ReadonlyMap<string, string> {
    const parts = new Set([...watched.values()].flatMap((one) => (one.namespace === undefined ? [] : nameOf(one.kind))))
    return new Map(
      [...watched.values()].flatMap(({ kind, namespace, trouble, unseen: lost, failure }): [string, string][] => {
        const name = nameOf(kind)
        const inParts = namespace === undefined && failure === 'forbidden' && parts.has(name)
        return !lost || trouble === undefined || inParts ? [] : [[watchName(kind, namespace), trouble]]
      }),
    )
  }
  let toldUnseen: ReadonlyMap<string, string> = new Map()
  function tellUnseen(): void {
    const now = unseen()
    if (deepEqual([...now], [...toldUnseen])) return
    toldUnseen = now
    options.unseen?.(now)
  }

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
    for (const [name, one] of watched) {
      if (one.failure !== 'missing') continue
      const kind = found.kinds.get(nameOf(one.kind))
      if (kind && pathOf(kind) === pathOf(one.kind)) continue
      // A group that does not answer may still have it.
      if (!kind && found.stale.some((version) => version.startsWith(`${one.kind.group}/`))) continue
      one.stop()
      watched.delete(name)
      if (!kind) store.drop(one.kind)
      tellUnseen()
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
    async use(kinds, namespaces) {
      await Promise.all(
        kinds
          .filter((kind) => kind.verbs.includes('watch') && kind.verbs.includes('list'))
          .map(async (kind) => {
            const whole = watched.get(nameOf(kind)) ?? watch(kind)
            await whole.ready
            if (whole.failure !== 'forbidden' || !kind.namespaced) return
            await Promise.all(
              namespaces.map((namespace) => (watched.get(watchName(kind, namespace)) ?? watch(kind, namespace)).ready),
            )
            tellUnseen()
          }),
      )
    },
    unlisted: (place) => watchedAt(place)?.trouble,
    unseen(place) {
      const one = watchedAt(place)
      return one?.unseen ? one.trouble : undefined
    },
    relist() {
      // They are put in again under the same names.
      const before = [...watched.values()]
      for (const one of before) {
        one.stop()
        store.rewind(one.kind)
        watch(one.kind, one.namespace)
      }
    },
    inVersion: createVersionReader(cluster, () => discovery).read,
    async find(key) {
      const kind = discovery.kinds.get(`${key.group}/${key.kind}`)
      if (!kind) return true
      const { namespace, name } = key
      try {
        store.putAnswer((await cluster.request({ method: 'GET', path: pathOf(kind, { namespace, name }) })).text)
        return true
      } catch (error) {
        if (!isNotFound(error)) return false
        store.remove(key, undefined)
        return true
      }
    },
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
      for (const one of watched.values()) one.stop()
      watched.clear()
    },
  }
}

function nameOf({ group, kind }: KindInfo): string {
  return `${group}/${kind}`
}

function watchName(kind: KindInfo, namespace: string | undefined): string {
  return namespace === undefined ? nameOf(kind) : `${nameOf(kind)}@${namespace}`
}

function isPart({ kind, namespace }: Watched, of: KindInfo): boolean {
  return namespace !== undefined && nameOf(kind) === nameOf(of)
}

/** What is told of two discoveries when they tell the same. */
function textOf({ kinds, versions, stale }: Discovery): string {
  return JSON.stringify([[...kinds.values()], [...versions], stale])
}
