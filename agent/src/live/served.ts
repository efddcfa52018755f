import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { Discovery } from '../cluster/discovery.ts'

export const definitions = 'apiextensions.k8s.io/CustomResourceDefinition'

interface Definition {
  readonly spec?: {
    readonly group?: string
    readonly names?: { readonly kind?: string }
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[]
  }
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] }
}

/** Whether a CustomResourceDefinition has been accepted. */
export function isEstablished(definition: KubeObject): boolean {
  const { status } = definition as Definition
  return status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false
}

/** What a CustomResourceDefinition brings. */
export interface Promised {
  readonly kind: string
  readonly versions: readonly string[]
}

export function promiseOf(definition: KubeObject): Promised {
  const { group, names, versions = [] } = (definition as Definition).spec ?? {}
  const served = versions.filter((version) => version.served)
  return { kind: `${group}/${names?.kind}`, versions: served.map(({ name }) => `${group}/${name}`) }
}

/** Whether all that was promised is served: an API server publishes it a moment after it has accepted a definition. */
export function isServed(promised: Promised, { kinds, versions }: Discovery): boolean {
  if (promised.versions.length === 0) return true
  return kinds.has(promised.kind) && promised.versions.every((version) => versions.has(version))
}

const soonMs = 100
const mostMs = 300_000
const regularMs = 600_000

/**
 * Asks what is served whenever it may have changed: soon after a word of it, again and again, ever slower, while
 * `lacking` says that something is still to come, and once in a while, as not all that is served has a definition.
 */
export function createRefresher(clock: Clock, rediscover: () => Promise<void>, lacking: () => boolean) {
  let cancel: (() => void) | undefined
  let dueAt = Infinity
  let stopped = false
  let pause = soonMs

  function at(delay: number): void {
    if (stopped || clock.now() + delay >= dueAt) return
    cancel?.()
    dueAt = clock.now() + delay
    cancel = clock.after(delay, () => {
      dueAt = Infinity
      void rediscover().then(next, () => later())
    })
  }

  function next(): void {
    if (lacking()) return later()
    pause = soonMs
    at(regularMs)
  }

  function later(): void {
    pause = Math.min(mostMs, pause * 2)
    at(pause)
  }

  return {
    /** Something may have changed. */
    soon(): void {
      at(pause)
    },
    /** Begins. */
    start: next,
    stop(): void {
      stopped = true
      cancel?.()
    },
  }
}
