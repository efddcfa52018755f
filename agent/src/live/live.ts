import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { pathOf, type Cluster } from '../cluster/client.ts'
import { discover, type Discovery } from '../cluster/discovery.ts'
import { isNotFound } from '../cluster/errors.ts'
import { watchKind } from '../cluster/watch.ts'
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
  /** Fetches wanted objects that are known to be there, but were not kept whole. */
  fill(keys: readonly ResourceKey[]): Promise<void>
  stop(): void
}

interface Watched {
  readonly stop: () => void
  readonly ready: Promise<void>
  trouble: string | undefined
}

/** Starts with what the cluster serves; watches nothing until asked to. */
export async function createLive(options: {
  readonly cluster: Cluster
  readonly store: LiveStore
  readonly clock: Clock
  readonly random: Random
  /** The kinds that are served have changed, or one can be seen again. */
  readonly rediscovered: () => void
}): Promise<Live> {
  const { cluster, store, clock, random } = options
  let discovery = await discover(cluster)
  const watched = new Map<string, Watched>()

  function watch(kind: KindInfo): Watched {
    const name = `${kind.group}/${kind.kind}`
    let settle: () => void = () => undefined
    const ready = new Promise<void>((resolve) => (settle = resolve))
    let settled = false
    const state: Watched = { ready, trouble: 'not listed yet', stop: () => stop() }
    watched.set(name, state)
    const stop = watchKind(
      { cluster, kind, clock, random },
      {
        // What definitions say decides what is served: each word of theirs is read.
        ...(name !== definitions && { answered: (text) => store.answered(text) }),
        changed(object, text) {
          store.put(object, text)
          if (name === definitions && isEstablished(object) && !isKnown(object)) refreshSoon()
        },
        removed: (object) => store.remove(keyOf(object), object.metadata.uid),
        listed: (uids) => store.retain(kind, uids),
        trouble(reason) {
          const again = settled && state.trouble !== undefined && reason === undefined
          settled = true
          state.trouble = reason
          settle()
          // What was held back while the kind could not be seen may go on.
          if (again) options.rediscovered()
        },
      },
    )
    return state
  }

  let refreshing: Promise<void> | undefined
  async function rediscover(): Promise<void> {
    refreshing ??= discover(cluster)
      .then((found) => {
        discovery = found
        options.rediscovered()
      })
      .finally(() => (refreshing = undefined))
    await refreshing
  }

  function refreshSoon(): void {
    clock.after(100, () => void rediscover().catch(() => undefined))
  }

  function isKnown(definition: KubeObject): boolean {
    const spec = definition['spec'] as { group?: string; names?: { kind?: string } } | undefined
    return discovery.kinds.has(`${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`)
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
      for (const { stop } of watched.values()) stop()
      watched.clear()
    },
  }
}

const definitions = 'apiextensions.k8s.io/CustomResourceDefinition'

function isEstablished(definition: KubeObject): boolean {
  const status = definition['status'] as { conditions?: { type?: string; status?: string }[] } | undefined
  return status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false
}
