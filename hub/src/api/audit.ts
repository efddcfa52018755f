import type { Objects } from '@flotilla/shared/apiserver/objects'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { recordEvent } from '../events/record.ts'

/** What somebody did by way of the API, kept as an Event beside the object, as Argo CD keeps it. */
export interface Audit {
  record(object: KubeObject, user: string, reason: AuditReason, did: string): Promise<void>
}

export type AuditReason =
  | 'ResourceCreated'
  | 'ResourceUpdated'
  | 'ResourceDeleted'
  | 'ResourceActionRan'
  | 'OperationStarted'

export function createAudit(options: { objects: Objects; clock: Clock; random: Random }): Audit {
  const { objects, clock, random } = options
  return {
    async record(object, user, reason, did) {
      const { kind } = gvkOf(object)
      const about = { apiVersion: object.apiVersion || 'argoproj.io/v1alpha1', kind, metadata: object.metadata }
      await recordEvent(
        objects,
        about,
        { type: 'Normal', reason, message: `${user || 'Unknown user'} ${did}` },
        {
          component: 'argocd-server',
          now: clock.now(),
          random,
          // Argo CD notes the user on applications only.
          annotations: kind === 'AppProject' ? undefined : { user },
        },
      )
    },
  }
}

/** The events about one object, in Argo CD's envelope. */
export async function eventsAbout(objects: Objects, object: KubeObject): Promise<object> {
  const namespace = object.metadata.namespace ?? controlNamespace
  const { items } = await objects.list({ ...resources.events, namespace })
  const own = items.filter((event) => {
    const about = event['involvedObject'] as { uid?: string; name?: string } | undefined
    return about?.uid === object.metadata.uid && about?.name === object.metadata.name
  })
  return eventList(own)
}

/** A list of events as the API sends it; `metadata` says nothing that anybody reads. */
export function eventList(events: readonly KubeObject[]): object {
  const items = events.map(({ apiVersion: _apiVersion, kind: _kind, ...event }) =>
    // Go leaves out what is empty.
    Object.fromEntries(Object.entries(event).filter(([, value]) => value !== '')),
  )
  return { metadata: {}, items: items.length > 0 ? items : null }
}
