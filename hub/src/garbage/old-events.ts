import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { every } from '@flotilla/shared/lang/every'

/** As long as a Kubernetes API server keeps an event. */
const kept = 60 * 60 * 1000
const interval = 5 * 60 * 1000
/** More than this of one hub's own is a storm: the oldest go. */
const most = 10_000

export interface OldEventsOptions {
  readonly objects: Objects
  readonly clock: Clock
  readonly log: { warn(fields: object, message: string): void }
}

/** Deletes events an hour after they were last seen. The answer stops it. */
export function collectOldEvents(options: OldEventsOptions): () => void {
  const { objects, clock, log } = options
  const round = async (): Promise<void> => void (await deleteOldEvents(objects, clock.now()))
  return every(clock, interval, round, (error) => log.warn({ error: String(error) }, 'old events could not be deleted'))
}

/** One round; answers how many went. */
export async function deleteOldEvents(objects: Objects, now: number): Promise<number> {
  const { items } = await objects.list(resources.events)
  const byAge = items.toSorted((a, b) => seenAt(a) - seenAt(b))
  const old = byAge.filter((event, index) => now - seenAt(event) > kept || items.length - index > most)
  for (const { metadata } of old) {
    try {
      await objects.delete(refOf(resources.events, metadata.namespace ?? '', metadata.name ?? ''))
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error
    }
  }
  return old.length
}

function seenAt(event: KubeObject): number {
  const { lastTimestamp, eventTime, metadata } = event as KubeObject & { lastTimestamp?: string; eventTime?: string }
  const at = Date.parse(lastTimestamp || eventTime || metadata.creationTimestamp || '')
  return Number.isNaN(at) ? 0 : at
}
