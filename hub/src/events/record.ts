import type { Objects } from '@flotilla/shared/apiserver/objects'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Random } from '@flotilla/shared/lang/clock'

/** What users may read of an object with `kubectl get events`. */
export interface Happening {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface Circumstances {
  /** Who tells it. */
  readonly component: string
  /** RFC 3339. */
  readonly at: string
  /** Tells the Event apart from all others of the object. */
  readonly unique: string
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** What of an object stands in Events about it. */
export type Subject = Pick<KubeObject, 'metadata'> & { readonly apiVersion: string; readonly kind: string }

/** Writes an Event beside its object; one that cannot be written is no reason to stop anything. */
export async function recordEvent(
  objects: Pick<Objects, 'create'>,
  { apiVersion, kind, metadata }: Subject,
  { type, reason, message }: Happening,
  { component, at, unique, annotations }: Circumstances,
): Promise<void> {
  const { name = '', namespace = controlNamespace, uid, resourceVersion } = metadata
  const event: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${unique}`, namespace, ...(annotations && { annotations }) },
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
 * milliseconds, `place` that among the Events of one moment.
 */
export function uniqueEnding(now: number, random: Pick<Random, 'next'>, place = 0): string {
  const within = (place % 100) * 10_000 + Math.floor(random.next() * 10_000)
  return (BigInt(Math.floor(now)) * 1_000_000n + BigInt(within)).toString(16)
}
