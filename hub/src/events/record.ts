import type { Objects } from '@flotilla/shared/apiserver/objects'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'

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

/** A name's ending that no other has. */
export function uniqueEnding(random: { bytes(length: number): Uint8Array }): string {
  return Buffer.from(random.bytes(8)).toString('hex')
}
