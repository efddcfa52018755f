import type { Random } from '@flotilla/shared/lang/clock'
import { isObject } from '@flotilla/shared/lang/json'

/** Names that a recording refers to as `{{name}}`. */
export type Names = Map<string, string>

/** A word for one run: without vowels it makes no words, and its first letter keeps it from reading as a number. */
export function freshNames(random: Random): Names {
  const letters = 'bcdfghjklmnpqrstvwxz'
  const id = `q${[...random.bytes(7)].map((byte) => letters[byte % letters.length]).join('')}`
  return new Map([
    ['id', id],
    ['ns', `t-${id}`],
  ])
}

/** Puts names into all strings of a value; `{"$repeat": ["x", n]}` is a long string. */
export function fill<T>(value: T, names: Names): T {
  return fillAny(value, names) as T
}

/** Puts names into one string. */
export function fillText(text: string, names: Names): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => names.get(name) ?? whole)
}

function fillAny(value: unknown, names: Names): unknown {
  if (typeof value === 'string') return fillText(value, names)
  if (Array.isArray(value)) return value.map((item) => fillAny(item, names))
  if (!isObject(value)) return value
  const repeat = value['$repeat']
  if (Array.isArray(repeat)) return String(repeat[0]).repeat(Number(repeat[1]))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fillText(key, names), fillAny(item, names)]))
}

/** What a JSON pointer finds; `[key=value]` finds an element of an array, `*` goes over all. */
export function select(value: unknown, pointer: string): unknown {
  const tokens = [...pointer.matchAll(/\/(\[[^\]]*\]|[^/]*)/g)].map((match) => match[1] ?? '')
  return follow(value, tokens)
}

function follow(value: unknown, tokens: readonly string[]): unknown {
  const [token, ...rest] = tokens
  if (token === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  if (token === '*') return Object.values(value).map((item) => follow(item, rest))
  const wanted = /^\[([^=\]]+)=([^\]]*)\]$/.exec(token)
  if (!wanted) return follow((value as Record<string, unknown>)[plainKey(token)], rest)
  if (!Array.isArray(value)) return undefined
  const keys = (wanted[1] ?? '').split('.')
  return follow(
    value.find((item) => String(follow(item, keys)) === wanted[2]),
    rest,
  )
}

/** A token of a JSON pointer without its escapes. */
export function plainKey(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
