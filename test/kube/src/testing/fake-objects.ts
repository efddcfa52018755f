import type {
  DeleteOptions,
  ObjectEvent,
  ObjectRef,
  Objects,
  PatchOptions,
  ResourceRef,
  WriteOptions,
} from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { timestamp } from '../controllers/conditions.ts'

interface Watcher {
  readonly ref: ResourceRef
  readonly tell: (event: ObjectEvent) => void
}

/** Just enough of an API to drive controllers in their own tests: no schema, no defaults, no access control. */
export class FakeObjects implements Objects {
  readonly #clock: Clock
  readonly #all = new Map<string, KubeObject>()
  readonly #watchers = new Set<Watcher>()
  #revision = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(ref: ObjectRef): Promise<KubeObject> {
    return structuredClone(this.#find(ref))
  }

  async list(ref: ResourceRef): Promise<{ revision: string; items: KubeObject[] }> {
    const items = [...this.#all]
      .filter(([key]) => key.startsWith(prefix(ref)))
      .map(([, object]) => structuredClone(object))
    return { revision: String(this.#revision), items }
  }

  async create(ref: ResourceRef, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    if (options.subresource === 'binding') {
      const pod = this.#find({ ...ref, name: object.metadata.name ?? '' })
      const { name } = object['target'] as { name: string }
      return this.#store(ref, { ...pod, spec: { ...(pod['spec'] as object), nodeName: name } }, 'MODIFIED')
    }
    const uid = `uid-${this.#revision + 1}`
    const name = object.metadata.name ?? `${object.metadata.generateName}${this.#revision + 1}`
    if (this.#all.has(key(ref, name)))
      throw new StatusError(409, 'AlreadyExists', `${ref.resource} "${name}" already exists`)
    const metadata = { ...object.metadata, name, uid, generation: 1, creationTimestamp: timestamp(this.#clock.now()) }
    return this.#store(ref, { ...object, metadata }, 'ADDED')
  }

  async update(ref: ObjectRef, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const held = this.#find(ref)
    if (
      object.metadata.resourceVersion !== undefined &&
      object.metadata.resourceVersion !== held.metadata.resourceVersion
    ) {
      throw new StatusError(409, 'Conflict', 'the object has been modified')
    }
    if (options.subresource === 'finalize') return this.#settle(ref, { ...held, spec: object['spec'] })
    if (options.subresource === 'status') {
      return this.#settle(ref, {
        ...held,
        metadata: { ...held.metadata, ...annotationsOf(object) },
        status: object['status'],
      })
    }
    const grown = JSON.stringify(held['spec']) === JSON.stringify(object['spec']) ? 0 : 1
    const generation = (held.metadata.generation ?? 1) + grown
    return this.#settle(ref, { ...object, status: held['status'], metadata: { ...object.metadata, generation } })
  }

  async patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<KubeObject> {
    const held = this.#find(ref)
    const next = merged(held, patch) as KubeObject
    next.metadata.resourceVersion = held.metadata.resourceVersion ?? ''
    return this.update(ref, next, options)
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<KubeObject> {
    const held = this.#find(ref)
    if (options.preconditions?.uid !== undefined && options.preconditions.uid !== held.metadata.uid) {
      throw new StatusError(409, 'Conflict', 'the uid does not match')
    }
    const hold = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'], Background: [] }[
      options.propagationPolicy ?? 'Background'
    ]
    const graceful = ref.resource === 'pods' && (held['spec'] as { nodeName?: string }).nodeName !== undefined
    const grace = options.gracePeriodSeconds ?? (graceful ? 30 : 0)
    const deletionTimestamp = timestamp(this.#clock.now() + grace * 1000)
    const finalizers = [...(held.metadata.finalizers ?? []), ...hold]
    const metadata = { ...held.metadata, finalizers, deletionTimestamp, deletionGracePeriodSeconds: grace }
    return this.#settle(ref, { ...held, metadata })
  }

  watch(ref: ResourceRef, _since: string, tell: (event: ObjectEvent) => void): () => void {
    const watcher = { ref, tell }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Stores, or removes what nothing holds any more. */
  #settle(ref: ObjectRef, object: KubeObject): KubeObject {
    const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata
    const spec = object['spec'] as { finalizers?: string[] } | undefined
    const held =
      finalizers.length > 0 ||
      deletionGracePeriodSeconds > 0 ||
      (ref.resource === 'namespaces' && (spec?.finalizers?.length ?? 0) > 0)
    return this.#store(ref, object, deletionTimestamp === undefined || held ? 'MODIFIED' : 'DELETED')
  }

  #store(ref: ResourceRef, object: KubeObject, type: 'ADDED' | 'MODIFIED' | 'DELETED'): KubeObject {
    const stored = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#revision) },
    })
    const where = key(
      { ...ref, ...(stored.metadata.namespace === undefined ? {} : { namespace: stored.metadata.namespace }) },
      stored.metadata.name ?? '',
    )
    if (type === 'DELETED') this.#all.delete(where)
    else this.#all.set(where, stored)
    for (const { ref: watched, tell } of this.#watchers)
      if (where.startsWith(prefix(watched))) tell({ type, object: structuredClone(stored) })
    return structuredClone(stored)
  }

  #find(ref: ObjectRef): KubeObject {
    const found = this.#all.get(key(ref, ref.name))
    if (!found) throw new StatusError(404, 'NotFound', `${ref.resource} "${ref.name}" not found`)
    return found
  }
}

function prefix(ref: ResourceRef): string {
  return ref.namespace === undefined
    ? `${ref.group}/${ref.resource}/`
    : `${ref.group}/${ref.resource}/${ref.namespace}/`
}

function key(ref: ResourceRef, name: string): string {
  return `${ref.group}/${ref.resource}/${ref.namespace ?? ''}/${name}`
}

function annotationsOf(object: KubeObject): { annotations?: Record<string, string> } {
  return object.metadata.annotations ? { annotations: object.metadata.annotations } : {}
}

function merged(held: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const base = typeof held === 'object' && held !== null && !Array.isArray(held) ? held : {}
  const next: Record<string, unknown> = { ...base }
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete next[field]
    else next[field] = merged(next[field], value)
  }
  return next
}
