import { resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { ApplicationSet } from './types.ts'

/** Tells the readers of a set's events what became of an application; one that cannot be written stops nothing. */
export async function recordSetEvent(
  objects: Objects,
  set: ApplicationSet,
  event: { readonly reason: string; readonly message: string; readonly now: string; readonly unique: string },
): Promise<void> {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = set.metadata
  const object = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${event.unique}`, namespace },
    involvedObject: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      name,
      namespace,
      uid,
      resourceVersion,
    },
    type: 'Normal',
    reason: event.reason,
    message: event.message,
    source: { component: 'applicationset-controller' },
    firstTimestamp: event.now,
    lastTimestamp: event.now,
    count: 1,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  }
  await objects.create({ ...resources.events, namespace }, object).catch(() => undefined)
}
