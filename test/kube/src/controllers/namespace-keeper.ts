import { Cache, keyOfObject } from '../machinery/cache.ts'
import type { ControllerContext } from '../machinery/controller.ts'
import { Keeper } from '../machinery/keeper.ts'
import { resources } from '../machinery/resources.ts'
import type { ServedResources } from '../machinery/served.ts'
import { WorkQueue } from '../machinery/work-queue.ts'
import { emptyNamespace } from './namespace.ts'

const againMs = 500

/** Empties namespaces that go, and lets them go when they are empty. */
export class NamespaceKeeper extends Keeper {
  readonly #cache: Cache
  protected readonly caches: readonly Cache[]
  protected readonly queue: WorkQueue

  constructor({ objects, clock }: ControllerContext, served: ServedResources) {
    super()
    this.#cache = new Cache(objects, resources.namespaces, clock)
    this.caches = [this.#cache]
    this.queue = new WorkQueue(clock, async (key) => {
      const namespace = this.#cache.get('', key.slice(1))
      const spec = namespace?.['spec'] as { finalizers?: string[] } | undefined
      if (!namespace || namespace.metadata.deletionTimestamp === undefined || !spec?.finalizers?.length)
        return undefined
      const inside = served
        .list()
        .filter((resource) => resource.namespaced && ['list', 'delete'].every((verb) => resource.verbs.includes(verb)))
      return (await emptyNamespace(objects, namespace, inside, clock.now())) ? againMs : undefined
    })
    this.#cache.onChange(({ type, object }) => type === 'set' && this.queue.add(keyOfObject(object)))
  }
}
