import type { ListQuery, Objects, ResourceRef } from '../apiserver/objects.ts'
import type { KubeObject } from '../k8s/object.ts'

/** How an object changed: `previous` is absent for new ones, `object` for deleted ones. */
export interface Changed {
  readonly key: string
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

/** A list kept up to date by a watch; readers never wait. */
export interface Informer {
  get(key: string): KubeObject | undefined
  values(): IterableIterator<KubeObject>
  readonly size: number
  /** Told of every change from now on; what is there already comes first, as new. */
  onChange(callback: (change: Changed) => void): () => void
  /** Whether there is such an object, but one that cannot be read. */
  isBroken(key: string): boolean
  stop(): void
}

/** What is done about objects that were stored in a form that no API would take. */
export interface Scruples {
  /** Why an object cannot be read. */
  readonly problem: (object: KubeObject) => string | undefined
  readonly told: (key: string, problem: string) => void
}

/** `namespace/name` of an object: the key by which informers hold it. */
export function objectKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
}

/**
 * Lists, then watches; lists anew whenever the watch has lost its history. Objects that cannot be read are left out until
 * somebody writes them anew; what is written while it watches has been checked by then.
 */
export async function startInformer(
  objects: Objects,
  ref: ResourceRef,
  query?: ListQuery,
  scruples?: Scruples,
): Promise<Informer> {
  const held = new Map<string, KubeObject>()
  const broken = new Set<string>()
  const listeners = new Set<(change: Changed) => void>()
  let stopWatch: () => void = () => undefined
  let stopped = false

  const put = (key: string, object: KubeObject | undefined): void => {
    const previous = held.get(key)
    if (!object && !previous) return
    if (object && previous?.metadata.resourceVersion === object.metadata.resourceVersion) return
    if (object) held.set(key, object)
    else held.delete(key)
    for (const listener of listeners) listener({ key, object, previous })
  }

  const begin = async (): Promise<void> => {
    const { revision, items } = await objects.list(ref, query)
    if (stopped) return
    const seen = new Set(items.map(objectKey))
    for (const key of held.keys()) if (!seen.has(key)) put(key, undefined)
    broken.clear()
    for (const item of items) {
      const key = objectKey(item)
      const problem = scruples?.problem(item)
      if (problem === undefined) put(key, item)
      else {
        broken.add(key)
        scruples?.told(key, problem)
      }
    }
    stopWatch = objects.watch(
      ref,
      revision,
      (event) => {
        if (stopped) return
        if (event.type === 'GONE') void again()
        else {
          broken.delete(objectKey(event.object))
          put(objectKey(event.object), event.type === 'DELETED' ? undefined : event.object)
        }
      },
      query,
    )
  }
  const again = async (): Promise<void> => {
    stopWatch()
    // A store that cannot list now is asked again: nothing else would ever wake this informer.
    while (!stopped) {
      try {
        return await begin()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200).unref())
      }
    }
  }

  await begin()
  return {
    get: (key) => held.get(key),
    values: () => held.values(),
    get size() {
      return held.size
    },
    onChange(callback) {
      for (const [key, object] of held) callback({ key, object, previous: undefined })
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    isBroken: (key) => broken.has(key),
    stop() {
      stopped = true
      stopWatch()
      listeners.clear()
    },
  }
}
