import { orderedBy } from '../lang/order.ts'

/**
 * Paths of members that JSON text says more than once, in the order in which they come again. The text must be valid.
 * With the value that it was read as, it is looked through only where that may have lost a member.
 */
export function duplicateFields(text: string, value?: unknown): string[] {
  if (value !== undefined && countKeys(value) === countNames(text)) return []
  return [...new Set(members(text).flatMap(({ path, again }) => (again ? [path] : [])))]
}

/** Puts what is doubled and what is unknown into the order in which a reader of the JSON text meets it. */
export function inTextOrder(text: string, doubled: readonly string[], unknown: readonly string[]): Surplus[] {
  const first = new Map<string, number>()
  const second = new Map<string, number>()
  for (const [index, { path, again }] of members(text).entries()) {
    const places = again ? second : first
    if (!places.has(path)) places.set(path, index)
  }
  const all: Surplus[] = [
    ...doubled.map((path) => ({ path, doubled: true })),
    ...unknown.map((path) => ({ path, doubled: false })),
  ]
  const place = (one: Surplus): number => (one.doubled ? second : first).get(one.path) ?? Infinity
  return all.toSorted(orderedBy(place))
}

export interface Surplus {
  readonly path: string
  readonly doubled: boolean
}

interface Member {
  readonly path: string
  /** Whether the object has had a member of that name before. */
  readonly again: boolean
}

/** All members of all objects, in the order of the text. */
function members(text: string): Member[] {
  const found: Member[] = []
  const open: Frame[] = []
  for (const token of text.match(tokenPattern) ?? []) {
    const top = open.at(-1)
    if (token === '{' || token === '[') {
      const path = top === undefined ? '' : top.names ? top.at : `${top.path}[${top.index}]`
      open.push({ path, names: token === '{' ? new Set() : undefined, at: '', index: 0, key: true })
    } else if (token === '}' || token === ']') open.pop()
    else if (!top) continue
    else if (token === ',') {
      top.index += 1
      top.key = true
    } else if (top.names && top.key && token.startsWith('"')) {
      const name = JSON.parse(token) as string
      top.at = top.path === '' ? name : `${top.path}.${name}`
      found.push({ path: top.at, again: top.names.has(name) })
      top.names.add(name)
      top.key = false
    }
  }
  return found
}

/** How often a string may be a name: one in front of a colon. Within a longer string there may be more of them, but never fewer. */
function countNames(text: string): number {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    let next = at + 1
    while (text.charCodeAt(next) <= 32) next += 1
    if (text.charCodeAt(next) === 58) count += 1
  }
  return count
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countKeys(item), 0)
  let count = 0
  for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key])
  return count
}

interface Frame {
  readonly path: string
  /** Of an object: the names seen. */
  readonly names: Set<string> | undefined
  /** Path of the member now read. */
  at: string
  index: number
  /** Whether a name comes next. */
  key: boolean
}

const tokenPattern = /"(?:[^"\\]|\\.)*"|[{}[\],]/g
