import type { JsonObject } from '../../lang/json.ts'
import { isObject } from '../../lang/json.ts'

/**
 * A set of field paths: a tree whose edges are path elements as `FieldsV1` writes them (`f:name`, `k:{"name":"a"}`, `v:"x"`, `i:0`).
 * A node may be a member itself, and have members below it.
 */
export class FieldSet {
  readonly member: boolean
  readonly children: ReadonlyMap<string, FieldSet>
  #json: JsonObject | undefined

  constructor(member: boolean, children: ReadonlyMap<string, FieldSet> = none) {
    this.member = member
    this.children = children
  }

  get empty(): boolean {
    return !this.member && this.children.size === 0
  }

  union(other: FieldSet): FieldSet {
    if (other.empty || this === other) return this
    if (this.empty) return other
    const member = this.member || other.member
    let children: Map<string, FieldSet> | undefined
    for (const [element, child] of other.children) {
      const mine = this.children.get(element)
      const both = mine ? mine.union(child) : child
      if (both !== mine) (children ??= new Map(this.children)).set(element, both)
    }
    if (!children && member === this.member) return this
    return new FieldSet(member, children ?? this.children)
  }

  difference(other: FieldSet): FieldSet {
    if (this.empty || other.empty) return this
    return this.#combine(this.member && !other.member, (child, element) => {
      const theirs = other.children.get(element)
      return theirs ? child.difference(theirs) : child
    })
  }

  /** Like `difference`, but a member of `other` takes all that is below it, too. */
  differenceBelow(other: FieldSet): FieldSet {
    if (this.empty || other.empty) return this
    return this.#combine(this.member && !other.member, (child, element) => {
      const theirs = other.children.get(element)
      if (!theirs) return child
      return theirs.member ? emptySet : child.differenceBelow(theirs)
    })
  }

  intersection(other: FieldSet): FieldSet {
    if (this.empty || other.empty) return emptySet
    return this.#combine(this.member && other.member, (child, element) => {
      const theirs = other.children.get(element)
      return theirs ? child.intersection(theirs) : emptySet
    })
  }

  isSubsetOf(other: FieldSet): boolean {
    if (this.member && !other.member) return false
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element)
      if (!theirs || !child.isSubsetOf(theirs)) return false
    }
    return true
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true
    if (this.member !== other.member || this.children.size !== other.children.size) return false
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element)
      if (!theirs || !child.equals(theirs)) return false
    }
    return true
  }

  /** Calls back with each member's path, in order. */
  each(callback: (path: readonly string[]) => void, path: readonly string[] = []): void {
    const elements = [...this.children.keys()].sort()
    for (const element of elements) if (this.children.get(element)?.member) callback([...path, element])
    for (const element of elements) this.children.get(element)?.each(callback, [...path, element])
  }

  /** As `FieldsV1`; always the same, so not to be changed. */
  get json(): JsonObject {
    this.#json ??= this.#toJson()
    return this.#json
  }

  #toJson(): JsonObject {
    const json: JsonObject = {}
    if (this.member && this.children.size > 0) json['.'] = {}
    for (const element of [...this.children.keys()].sort()) json[element] = this.children.get(element)?.json
    return json
  }

  #combine(member: boolean, of: (child: FieldSet, element: string) => FieldSet): FieldSet {
    let children: Map<string, FieldSet> | undefined
    for (const [element, child] of this.children) {
      const result = of(child, element)
      if (result === child) continue
      children ??= new Map(this.children)
      if (result.empty) children.delete(element)
      else children.set(element, result)
    }
    if (!children && member === this.member) return this
    return new FieldSet(member, children ?? this.children)
  }
}

const none: ReadonlyMap<string, FieldSet> = new Map()
export const emptySet = new FieldSet(false)
export const leaf = new FieldSet(true)

/** Collects paths into a set. Most places that are looked at hold nothing: only what is inserted takes room in the tree. */
export class FieldSetBuilder {
  #member = false
  #children: Map<string, FieldSetBuilder> | undefined
  readonly #parent: FieldSetBuilder | undefined
  readonly #element: string

  constructor(parent?: FieldSetBuilder, element = '') {
    this.#parent = parent
    this.#element = element
  }

  /** The builder below an element; until something is inserted there, another one each time. */
  child(element: string): FieldSetBuilder {
    return this.#children?.get(element) ?? new FieldSetBuilder(this, element)
  }

  insert(): void {
    this.#member = true
    this.#grow()
  }

  build(): FieldSet {
    if (!this.#children) return this.#member ? leaf : emptySet
    const children = new Map<string, FieldSet>()
    for (const [element, child] of this.#children) children.set(element, child.build())
    return new FieldSet(this.#member, children)
  }

  /** Makes itself known to all above, once. */
  #grow(): void {
    const parent = this.#parent
    if (!parent || parent.#children?.has(this.#element)) return
    parent.#children ??= new Map()
    parent.#children.set(this.#element, this)
    parent.#grow()
  }
}

const elementPattern = /^(f:|k:\{|v:|i:-?\d)/s

/** Reads `FieldsV1`; undefined where it is none. */
export function fieldSetFromJson(json: unknown, root = true): FieldSet | undefined {
  if (!isObject(json)) return undefined
  const children = new Map<string, FieldSet>()
  let member = false
  for (const element in json) {
    if (element === '.') {
      member = true
      continue
    }
    if (!elementPattern.test(element)) return undefined
    const child = fieldSetFromJson(json[element], false)
    if (!child) return undefined
    children.set(element, child)
  }
  if (children.size === 0) return root && !member ? emptySet : leaf
  return new FieldSet(member, children)
}

/** A set of one path per argument, each a list of field names. */
export function fieldSetOf(...paths: readonly (readonly string[])[]): FieldSet {
  const builder = new FieldSetBuilder()
  for (const path of paths) path.reduce((at, name) => at.child(`f:${name}`), builder).insert()
  return builder.build()
}
