import type { Stored } from './object-store.ts'

interface Drawer {
  readonly byName: Map<string, Stored>
  /** In order of name. */
  readonly sorted: Stored[]
}

/** The objects of one resource: each at once by its name, all in order of namespace, then name. */
export class Shelf {
  readonly #drawers = new Map<string, Drawer>()

  get(namespace: string, name: string): Stored | undefined {
    return this.#drawers.get(namespace)?.byName.get(name)
  }

  /** Puts an object in, in place of the one of its name. */
  put(stored: Stored): void {
    const { namespace, name } = stored.key
    let drawer = this.#drawers.get(namespace)
    if (!drawer) this.#drawers.set(namespace, (drawer = { byName: new Map(), sorted: [] }))
    const { byName, sorted } = drawer
    const at = lowerBound(sorted, namespace, name)
    if (byName.has(name)) sorted[at] = stored
    else sorted.splice(at, 0, stored)
    byName.set(name, stored)
  }

  delete(namespace: string, name: string): void {
    const drawer = this.#drawers.get(namespace)
    if (!drawer?.byName.delete(name)) return
    if (drawer.byName.size === 0) this.#drawers.delete(namespace)
    else drawer.sorted.splice(lowerBound(drawer.sorted, namespace, name), 1)
  }

  /** A list of its own: of one namespace, or of all. */
  list(namespace?: string): Stored[] {
    if (namespace !== undefined) return this.#drawers.get(namespace)?.sorted.slice() ?? []
    const names = [...this.#drawers.keys()].sort()
    return names.flatMap((name) => this.#drawers.get(name)?.sorted ?? [])
  }
}

/** Where in order an object of this name stands, or would stand. */
export function lowerBound(sorted: readonly Stored[], namespace: string, name: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = sorted[middle]
    if (at && isBefore(at, namespace, name)) low = middle + 1
    else high = middle
  }
  return low
}

function isBefore({ key }: Stored, namespace: string, name: string): boolean {
  return key.namespace === namespace ? key.name < name : key.namespace < namespace
}
