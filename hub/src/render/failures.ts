import { LRUCache } from 'lru-cache'
import { upTo } from '@flotilla/shared/runtime/up-to'
import { createHash } from 'node:crypto'
import type { RenderRequest } from './render.ts'

/** So many failures in a row, and the next ones are answered from memory for a while. */
const patience = 3
const pauseMs = 60 * 60_000
/** How long one who only wants to know what is known gets the last answer. */
const recallMs = 180_000
const prefix = 'Manifest generation error (cached): '

interface Failed {
  readonly count: number
  readonly first: number
  readonly last: number
  /** What went wrong, and what was told of it last. */
  readonly message: string
  readonly told: string
  readonly source: number
}

/** The memory of manifests that could not be made: trying the same again and again is work for nothing. */
export interface Failures {
  /** What to tell instead of trying; undefined where it is to be tried. */
  known(key: string, request: Pick<RenderRequest, 'recall' | 'noCache'>): Pick<Failed, 'told' | 'source'> | undefined
  /** `source` is the number of the source that it was, from 0 on. */
  failed(key: string, message: string, source?: number): void
  succeeded(key: string): void
  readonly empty: boolean
}

/** Failures are counted as Argo CD's repository server counts them; `now` is in milliseconds. */
export function createFailures(now: () => number): Failures {
  const kept = new LRUCache<string, Failed>(upTo(5000))
  return {
    known(key, { recall, noCache }) {
      const failure = kept.get(key)
      if (!failure || noCache) return undefined
      if (recall && now() - failure.last < recallMs) return failure
      if (failure.count < patience) return undefined
      if (now() - failure.first >= pauseMs) {
        kept.delete(key)
        return undefined
      }
      const next = { ...failure, last: now(), told: prefix + failure.message }
      kept.set(key, next)
      return next
    },
    failed(key, message, source = 0) {
      const before = kept.get(key)
      const time = now()
      const failure = { count: (before?.count ?? 0) + 1, first: before?.first ?? time, last: time }
      kept.set(key, { ...failure, message: asError(message), told: message, source })
    },
    succeeded: (key) => void kept.delete(key),
    get empty() {
      return kept.size === 0
    },
  }
}

/** The gRPC code of a failure to make manifests. */
export function codeOf(message: string): string {
  return /^(?:Failed to unmarshal|Found multiple objects in) /.test(message) ? 'FailedPrecondition' : 'Unknown'
}

/** A failure that has a code of its own is remembered with it. */
function asError(message: string): string {
  const code = codeOf(message)
  return code === 'Unknown' ? message : `rpc error: code = ${code} desc = ${message}`
}

/** What tells the manifests of one request, at its revisions, from all others. */
export function failureKey(request: RenderRequest, revisions: readonly string[]): string {
  const { sources, context, settings } = request
  const parts = [sources, revisions, context.appName, context.project, context.namespace, settings]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
