import type { KubeObject } from '../k8s/object.ts'
import type { ObjectKey, Revision, Stored } from './object-store.ts'

/**
 * Keeps the objects of a store small: as values those that were used of late, as text all others. An object takes a
 * third of the space as text, and reading it again costs less than anything else that is done with it.
 */
export class Compactor {
  readonly #written: Generations
  readonly #read: Generations

  /** `most`: how many objects stay values at least. What is written is seldom read again, and gets but a tenth of it. */
  constructor(most: number) {
    this.#written = new Generations(Math.ceil(most / 10))
    this.#read = new Generations(most)
  }

  keep(key: ObjectKey, revision: Revision, object: KubeObject): Stored {
    const kept = new CompactObject(key, revision, object, undefined, this.#read)
    this.#written.used(kept)
    return kept
  }

  /** An object that is text already; it is read when somebody asks for it. */
  keepText(key: ObjectKey, revision: Revision, text: string): Stored {
    return new CompactObject(key, revision, undefined, text, this.#read)
  }
}

/** Objects that are values now, in two generations: what was not asked for while one filled up becomes text. */
class Generations {
  readonly #most: number
  #young = new Set<CompactObject>()
  #old = new Set<CompactObject>()

  constructor(most: number) {
    this.#most = most
  }

  used(one: CompactObject): void {
    this.#young.add(one)
    if (this.#young.size < this.#most) return
    for (const each of this.#old) if (!this.#young.has(each)) each.compact()
    this.#old = this.#young
    this.#young = new Set()
  }
}

class CompactObject implements Stored {
  readonly key: ObjectKey
  readonly revision: Revision
  readonly #read: Generations
  /** Was text once: is read again and again, perhaps. */
  #wasText: boolean
  #value: KubeObject | undefined
  #text: string | undefined

  constructor(
    key: ObjectKey,
    revision: Revision,
    value: KubeObject | undefined,
    text: string | undefined,
    read: Generations,
  ) {
    this.key = key
    this.revision = revision
    this.#value = value
    this.#text = text
    this.#read = read
    this.#wasText = value === undefined
  }

  get object(): KubeObject {
    this.#value ??= JSON.parse(this.#text ?? '') as KubeObject
    if (this.#wasText) this.#read.used(this)
    return this.#value
  }

  get text(): string {
    this.#text ??= flat(JSON.stringify(this.#value))
    return this.#text
  }

  compact(): void {
    this.#text ??= flat(JSON.stringify(this.#value))
    this.#value = undefined
    this.#wasText = true
  }
}

/** In one piece: `JSON.stringify` leaves a rope of many, which takes a quarter more. To look into it ties it up. */
function flat(text: string): string {
  text.charCodeAt(0)
  return text
}
