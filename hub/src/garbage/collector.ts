import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects, ObjectRef, ResourceRef } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { dictionary } from '@flotilla/shared/lang/dictionary'
import { objectKey, startInformer, type Informer } from '@flotilla/shared/runtime/informer'
import { createWorkQueue } from '@flotilla/shared/runtime/work-queue'
import { collect, type GarbageAct } from './collect.ts'

export interface GarbageCollectorOptions {
  readonly objects: Objects
  readonly clock: Clock
  readonly log: { warn(fields: object, message: string): void }
}

const actor = { user: 'system:serviceaccount:kube-system:generic-garbage-collector', groups: ['system:masters'] }

/** By the kind that an owner reference names. */
const kinds: Readonly<Record<string, ResourceRef>> = dictionary({
  'argoproj.io/Application': resources.applications,
  'argoproj.io/ApplicationSet': resources.applicationSets,
  'argoproj.io/AppProject': resources.appProjects,
  '/ConfigMap': resources.configMaps,
  '/Secret': resources.secrets,
})

/**
 * Follows the owner references among the hub's own objects: what an ApplicationSet owns goes with it, through its
 * finalizers. Answers how to stop.
 */
export async function startGarbageCollector(options: GarbageCollectorOptions): Promise<() => Promise<void>> {
  const { objects, clock, log } = options
  const informers = new Map<string, Informer>()
  /** By the uid of an owner: the keys of what names it. */
  const owned = new Map<string, Set<string>>()
  const queue = createWorkQueue({
    clock,
    workers: 2,
    work,
    failed: (key, error) => log.warn({ object: key, error: String(error) }, 'collecting garbage failed'),
  })

  async function work(key: string): Promise<void> {
    const [kind, id] = split(key)
    const object = informers.get(kind)?.get(id)
    if (!object) return
    const acts = collect(object, { owner: (reference) => ownerState(object, reference), dependents })
    for (const act of acts) await perform(kind, act)
  }

  function ownerState(object: KubeObject, owner: OwnerReference): 'solid' | 'waiting' | 'missing' | 'unseen' {
    const informer = informers.get(kindKey(owner.apiVersion, owner.kind))
    if (!informer) return 'unseen'
    const found = informer.get(`${object.metadata.namespace ?? ''}/${owner.name}`)
    if (found?.metadata.uid !== owner.uid) return 'missing'
    const { deletionTimestamp, finalizers = [] } = found.metadata
    return deletionTimestamp !== undefined && finalizers.includes('foregroundDeletion') ? 'waiting' : 'solid'
  }

  function dependents(uid: string): KubeObject[] {
    return [...(owned.get(uid) ?? [])].flatMap((key) => {
      const [kind, id] = split(key)
      return informers.get(kind)?.get(id) ?? []
    })
  }

  /** Keeps the index of what belongs to whom. */
  function note(key: string, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (object?.metadata.ownerReferences === previous?.metadata.ownerReferences) return
    for (const { uid } of previous?.metadata.ownerReferences ?? []) {
      owned.get(uid)?.delete(key)
      if (owned.get(uid)?.size === 0) owned.delete(uid)
    }
    for (const { uid } of object?.metadata.ownerReferences ?? []) {
      const keys = owned.get(uid) ?? new Set<string>()
      owned.set(uid, keys.add(key))
    }
  }

  async function perform(kind: string, act: GarbageAct): Promise<void> {
    const { uid = '', resourceVersion, finalizers = [] } = act.object.metadata
    const own = act.act === 'owners' ? kindKey(act.object.apiVersion, act.object.kind) : kind
    const ref = refTo(own, act.object)
    if (!ref) return
    try {
      if (act.act === 'delete') {
        if (await anyOwnerLives(act.object)) return
        await objects.delete(ref, { actor, propagationPolicy: 'Background', preconditions: { uid } })
      } else if (act.act === 'owners') {
        const ownerReferences = act.owners.length > 0 ? act.owners : null
        await objects.patch(ref, { metadata: { uid, ownerReferences } }, { type: 'merge', actor })
      } else {
        const rest = finalizers.filter((each) => each !== act.finalizer)
        const metadata = { resourceVersion, finalizers: rest.length > 0 ? rest : null }
        await objects.patch(ref, { metadata }, { type: 'merge', actor })
      }
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error
    }
  }

  /** Watches may lag behind one another: before something is deleted, the store itself is asked for its owners. */
  async function anyOwnerLives(object: KubeObject): Promise<boolean> {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const kind = kinds[kindKey(owner.apiVersion, owner.kind)]
      if (!kind) return true
      const found = await objects.get(refOf(kind, object.metadata.namespace ?? '', owner.name)).catch(absent)
      if (found?.metadata.uid !== owner.uid) continue
      if (!found.metadata.finalizers?.includes('foregroundDeletion')) return true
      if (found.metadata.deletionTimestamp === undefined) return true
    }
    return false
  }

  for (const [kind, resource] of Object.entries(kinds)) {
    informers.set(kind, await startInformer(objects, { ...resource, namespace: controlNamespace }))
  }
  for (const [kind, informer] of informers) {
    informer.onChange(({ key, object, previous }) => {
      note(`${kind} ${key}`, object, previous)
      if (object && (object.metadata.ownerReferences || object.metadata.deletionTimestamp)) queue.add(`${kind} ${key}`)
      const changed = object ?? previous
      // A change of an owner may free its dependents, one of a dependent the owner that waits for it.
      for (const each of dependents(changed?.metadata.uid ?? '')) queue.add(keyOf(each))
      for (const owner of changed?.metadata.ownerReferences ?? []) {
        queue.add(`${kindKey(owner.apiVersion, owner.kind)} ${changed?.metadata.namespace ?? ''}/${owner.name}`)
      }
    })
  }
  return async () => {
    for (const informer of informers.values()) informer.stop()
    await queue.stop()
  }
}

const absent = (error: unknown): undefined => {
  if (error instanceof StatusError && error.code === 404) return undefined
  throw error
}

function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''}/${kind}`
}

function keyOf(object: KubeObject): string {
  return `${kindKey(object.apiVersion, object.kind)} ${objectKey(object)}`
}

function split(key: string): [string, string] {
  const at = key.indexOf(' ')
  return [key.slice(0, at), key.slice(at + 1)]
}

function refTo(kind: string, object: KubeObject): ObjectRef | undefined {
  const resource = kinds[kind]
  return resource && refOf(resource, object.metadata.namespace ?? '', object.metadata.name ?? '')
}
