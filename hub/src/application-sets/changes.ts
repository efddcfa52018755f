import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ApplicationSet } from './types.ts'

/** Asks for a set to be generated anew at once. */
export const refreshAnnotation = 'argocd.argoproj.io/application-set-refresh'

/** Whether a change of a set is worth a look: what it asks for, or how its rollout has moved on. */
export function setChanged(object: KubeObject | undefined, previous: KubeObject | undefined): boolean {
  if (!object || !previous) return true
  if (object.metadata.annotations?.[refreshAnnotation] !== undefined) return true
  const view = ({ metadata, spec, status }: ApplicationSet): unknown => [
    spec,
    metadata.labels,
    metadata.finalizers,
    metadata.deletionTimestamp,
    status?.applicationStatus,
  ]
  return !deepEqual(view(object as ApplicationSet), view(previous as ApplicationSet))
}

/** Whether a change of an application concerns its set: what the template gives it, and what rollouts wait for. */
export function applicationChanged(object: KubeObject | undefined, previous: KubeObject | undefined): boolean {
  if (!object || !previous) return true
  const view = (one: Application): unknown => [
    one.spec,
    one.metadata.labels,
    one.metadata.annotations,
    one.metadata.finalizers,
    one.metadata.ownerReferences,
    one.metadata.deletionTimestamp,
    one.operation === undefined,
    one.status?.health?.status,
    one.status?.sync?.status,
    one.status?.sync?.revision,
    one.status?.sync?.revisions,
    one.status?.operationState?.phase,
    one.status?.operationState?.startedAt,
  ]
  return !deepEqual(view(object as unknown as Application), view(previous as unknown as Application))
}
