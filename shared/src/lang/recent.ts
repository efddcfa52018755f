/** A bounded memory of what was made last: making it again gives an equal value. */
export class Recent<K, V> {
  readonly #most: number
  readonly #values = new Map<K, V>()

  constructor(most: number) {
    this.#most = most
  }

  /** What was made for a key, or made now. */
  get(key: K, make: () => V): V {
    const value = this.#values.get(key) ?? make()
    this.put(key, value)
    return value
  }

  /** What is kept for a key. */
  peek(key: K): V | undefined {
    return this.#values.get(key)
  }

  /** Keeps a value that is newer than what was kept. */
  put(key: K, value: V): void {
    // A map keeps the order in which keys came: the first is the one not asked for longest.
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.#most) {
      for (const [oldest] of this.#values) {
        this.#values.delete(oldest)
        break
      }
    }
  }

  forget(key: K): void {
    this.#values.delete(key)
  }
}
