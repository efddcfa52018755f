import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { updates, type Plan } from './plan.ts'
import type { Failure } from './status.ts'
import type { ApplicationSet } from './types.ts'

/** Who writes applications on a set's behalf. */
export const setActor = {
  user: 'system:serviceaccount:argocd:argocd-applicationset-controller',
  groups: ['system:masters'],
}

export interface ApplyTools {
  readonly objects: Objects
  /** Told of what was done to one application. */
  did(this: void, reason: 'created' | 'updated' | 'Deleted', name: string): void
}

/** The address of an application. */
export function applicationRef(one: KubeObject): ReturnType<typeof refOf> {
  return refOf(resources.applications, one.metadata.namespace ?? controlNamespace, one.metadata.name ?? '')
}

/** Carries a plan out: all that can be done is, and the first failure, by name, is told. */
export async function applyPlan(set: ApplicationSet, plan: Plan, tools: ApplyTools): Promise<Failure | undefined> {
  const { objects, did } = tools
  const failures = new Map<string, string>()
  for (const one of plan.foreign) failures.set(one.metadata.name ?? '', takenMessage(one))
  const attempt = async (one: KubeObject, write: () => Promise<unknown>): Promise<boolean> => {
    try {
      await write()
      return true
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      // Somebody was faster: the next pass sees what they did.
      if (['Conflict', 'NotFound', 'AlreadyExists'].includes(error.status.reason ?? '')) throw error
      failures.set(one.metadata.name ?? '', error.message)
      return false
    }
  }
  const actor = setActor
  for (const one of plan.create) {
    const kind = { ...resources.applications, namespace: one.metadata.namespace ?? controlNamespace }
    const done = await attempt(one, () => objects.create(kind, one, { actor }))
    if (done) did('created', one.metadata.name ?? '')
  }
  for (const { next } of plan.update) {
    const done = await attempt(next, () => objects.update(applicationRef(next), next, { actor }))
    if (done) did('updated', next.metadata.name ?? '')
  }
  const reason = updates(set) ? 'UpdateApplicationError' : 'CreateApplicationError'
  const failed = firstByName(failures)
  if (failed !== undefined) return { reason, message: failed, generated: true }

  for (const one of plan.remove) {
    const done = await attempt(one, () => deleteApplication(objects, one))
    if (done) did('Deleted', one.metadata.name ?? '')
  }
  const undeleted = firstByName(failures)
  return undeleted === undefined ? undefined : { reason: 'DeleteApplicationError', message: undeleted, generated: true }
}

/** Deletes this very application, not one that has taken its name. */
export async function deleteApplication(objects: Objects, one: KubeObject): Promise<void> {
  const preconditions = one.metadata.uid ? { uid: one.metadata.uid } : {}
  await objects.delete(applicationRef(one), { actor: setActor, preconditions })
}

function takenMessage(one: KubeObject): string {
  const { namespace = '', name = '', ownerReferences = [] } = one.metadata
  const owner = ownerReferences.find(({ controller }) => controller === true)
  const why = `is already owned by another ${owner?.kind ?? ''} controller ${owner?.name ?? ''}`
  return `error while wrapping using MutateFn: Object ${namespace}/${name} ${why}`
}

function firstByName(messages: ReadonlyMap<string, string>): string | undefined {
  const [first] = [...messages.keys()].toSorted()
  return first === undefined ? undefined : messages.get(first)
}
