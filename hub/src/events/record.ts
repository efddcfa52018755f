import type { Objects } from '@flotilla/shared/apiserver/objects'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Random } from '@flotilla/shared/lang/clock'
import { rfc3339 } from '../applications/conditions.ts'

/** What users may read of an object with `kubectl get events`. */
export interface Happening {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface Circumstances {
  /** Who tells it. */
  readonly component: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly random: Pick<Random, 'next'>
  /** Among the Events of one moment. */
  readonly place?: number
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** What of an object stands in Events about it. */
export type Subject = Pick<KubeObject, 'metadata'> & { readonly apiVersion: string; readonly kind: string }

/** Writes an Event beside its object; one that cannot be written is no reason to stop anything. */
export async function recordEvent(
  objects: Pick<Objects, 'create'>,
  { apiVersion, kind, metadata }: Subject,
  { type, reason, message }: Happening,
  { component, now, random, place, annotations }: Circumstances,
): Promise<void> {
  const { name = '', namespace = controlNamespace, uid, resourceVersion } = metadata
  const at = rfc3339(now)
  const event: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${uniqueEnding(now, random, place)}`, namespace, ...(annotations && { annotations }) },
    involvedObject: {
      apiVersion,
      kind,
      name,
      namespace,
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
    type,
    reason,
    message,
    source: { component },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  }
  await objects.create({ ...resources.events, namespace }, event).catch(() => undefined)
}

/**
 * An ending of a name that no other has, in the order of time, as Argo CD has it: nanoseconds in hex. `now` is in
 * milliseconds, `place` that among the Events of one moment, where there are several.
 */
export function uniqueEnding(now: number, random: Pick<Random, 'next'>, place?: number): string {
  const within = place === undefined ? random.next() * 1_000_000 : (place % 100) * 10_000 + random.next() * 10_000
  return (BigInt(Math.floor(now)) * 1_000_000n + BigInt(Math.floor(within))).toString(16)
}
