import type { Objects, ResourceRef } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { controllerManager } from './actor.ts'
import { Cache, keyOfObject, lookUp, presence, type CacheEvent, type Keep } from './cache.ts'
import { EventRecorder } from './events.ts'
import { resourceId } from './resources.ts'
import { WorkQueue } from './work-queue.ts'
import type { Outcome, Write } from './writes.ts'

/** What decisions read: the caches of all resources that the controller named. */
export interface World {
  of(resource: ResourceRef): Cache
}

/** A control loop: which objects wake which keys, and the decision for one key. Decisions are pure functions of what they read. */
export interface Controller {
  readonly name: string
  /** The resource whose keys (`namespace/name`) are reconciled. */
  readonly resource: ResourceRef
  /** Other resources read; a change there wakes the keys that `wakes` answers. */
  readonly watches: readonly Watched[]
  reconcile(object: KubeObject, world: World, now: number, failure?: Failure): Outcome
  /** What is to be done once an object is no more, of which only the name is left. */
  gone?(namespace: string, name: string, world: World): Outcome
  /** Where Events say they come from; absent: the name and `-controller`. */
  readonly component?: string
}

/** Why the last attempt at the same key could not be carried out. */
export interface Failure {
  readonly verb: Write['verb']
  readonly message: string
}

export interface Watched {
  readonly resource: ResourceRef
  wakes(event: CacheEvent, world: World): readonly string[]
}

export interface ControllerContext {
  readonly objects: Objects
  readonly clock: Clock
  /** How long a control loop takes to notice a change; absent: none. */
  readonly reactionMs?: number
}

/** Of kinds that people store much in, what no controller reads is left out of the caches: most is but counted. */
function keepers(): Readonly<Record<string, Keep>> {
  const counted = presence()
  return {
    secrets: presence(),
    configmaps: (object) => (object.metadata.name === 'kube-root-ca.crt' ? object : counted(object)),
  }
}

/** Runs controllers over caches that they share. */
export class ControllerManager implements World {
  readonly #objects: Objects
  readonly #clock: Clock
  readonly #reactionMs: number
  readonly #caches = new Map<string, Cache>()
  readonly #keepers = keepers()
  readonly #queues: WorkQueue[] = []
  readonly #events: EventRecorder
  #closed = false

  constructor(context: ControllerContext) {
    this.#events = new EventRecorder(context.objects, context.clock)
    this.#objects = context.objects
    this.#clock = context.clock
    this.#reactionMs = context.reactionMs ?? 0
  }

  of(resource: ResourceRef): Cache {
    const id = resourceId(resource)
    let cache = this.#caches.get(id)
    if (!cache) {
      cache = new Cache(this.#objects, resource, this.#clock, this.#keepers[id])
      this.#caches.set(id, cache)
    }
    return cache
  }

  /** Starts the controllers; resolves when their caches have been filled once. */
  async start(controllers: readonly Controller[]): Promise<void> {
    const starters = controllers.map((controller) => this.#wire(controller))
    await Promise.all([...this.#caches.values()].filter((cache) => !cache.synced).map((cache) => cache.start()))
    for (const start of starters) start()
  }

  get idle(): boolean {
    return this.#queues.every((queue) => queue.idle)
  }

  close(): void {
    this.#closed = true
    for (const queue of this.#queues) queue.close()
    for (const cache of this.#caches.values()) cache.close()
  }

  #wire(controller: Controller): () => void {
    const own = this.of(controller.resource)
    const failures = new Map<string, Failure>()
    const component = controller.component ?? `${controller.name}-controller`
    const work = async (key: string): Promise<number | undefined> => {
      const object = lookUp(own, key)
      const failure = failures.get(key)
      failures.delete(key)
      if (this.#closed) return undefined
      const outcome = object
        ? controller.reconcile(object, this, this.#clock.now(), failure)
        : controller.gone?.(key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1), this)
      if (!outcome) return undefined
      for (const write of outcome.writes) {
        try {
          await this.#carryOut(write, component)
        } catch (error) {
          if (error instanceof StatusError) failures.set(key, { verb: write.verb, message: error.message })
          throw error
        }
      }
      for (const note of outcome.notes ?? []) await this.#events.record(component, note)
      return outcome.againMs
    }
    const queue = new WorkQueue(this.#clock, work, this.#reactionMs)
    this.#queues.push(queue)
    const watched = controller.watches.map((watch) => ({ watch, cache: this.of(watch.resource) }))
    let ready = false
    own.onChange(
      (event) =>
        ready && (event.type === 'set' || controller.gone !== undefined) && queue.add(keyOfObject(event.object)),
    )
    for (const { watch, cache } of watched) {
      cache.onChange((event) => {
        if (ready) for (const key of watch.wakes(event, this)) queue.add(key)
      })
    }
    return () => {
      ready = true
      for (const object of own.list()) queue.add(keyOfObject(object))
    }
  }

  async #carryOut(write: Write, component: string): Promise<void> {
    const { announce } = write
    let made: KubeObject | undefined
    try {
      made = await this.perform(write)
    } catch (error) {
      if (announce?.failed && error instanceof StatusError)
        await this.#events.record(component, announce.failed(error.message))
      throw error
    }
    if (announce?.done && made) await this.#events.record(component, announce.done(made))
  }

  /** Does one write, and takes its answer into the caches. */
  async perform(write: Write): Promise<KubeObject | undefined> {
    const options = { actor: controllerManager, fieldManager: 'kube-controller-manager' }
    const sub = 'subresource' in write && write.subresource !== undefined ? { subresource: write.subresource } : {}
    switch (write.verb) {
      case 'create':
        return this.#observe(write.ref, await this.#objects.create(write.ref, write.object, options))
      case 'update':
        return this.#observe(write.ref, await this.#objects.update(write.ref, write.object, { ...options, ...sub }))
      case 'patch':
        return this.#observe(
          write.ref,
          await this.#objects.patch(write.ref, write.patch, { ...options, ...sub, type: 'merge' }),
        )
      case 'apply': {
        const apply = { ...options, ...sub, fieldManager: write.manager, type: 'apply', force: true } as const
        return this.#observe(write.ref, await this.#objects.patch(write.ref, write.object, apply))
      }
      case 'bind':
        return this.#objects.create(write.ref, write.object, { ...options, subresource: 'binding' })
      case 'delete':
        try {
          return await this.#objects.delete(write.ref, { actor: controllerManager, ...write.options })
        } catch (error) {
          if (!(error instanceof StatusError && error.code === 404)) throw error
          return undefined
        }
    }
  }

  #observe(ref: ResourceRef, object: KubeObject): KubeObject {
    // The last finalizer's removal answers with an object that is no more: the watch tells the truth there.
    if (object.metadata.deletionTimestamp === undefined) this.#caches.get(resourceId(ref))?.observe(object)
    return object
  }
}
