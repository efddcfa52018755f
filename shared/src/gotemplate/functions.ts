import type { Value } from './values.ts'

/**
 * What a function takes, a letter each: `s` string, `i` int, `l` int64, `f` float64, `b` bool, `m` map, `t` time, `n` anything, `v` anything, and what is missing stays missing. A `*` at
 * the end stands for any number of the last.
 */
export interface GoFunction {
  readonly takes: string
  /** Throws where Go's function returns an error. */
  readonly call: (...args: never[]) => Value
}

export type Functions = Readonly<Record<string, GoFunction>>

/** Describes a function; what it is called with has been checked against `takes`. */
export function fn(takes: string, call: (...args: never[]) => Value): GoFunction {
  return { takes, call }
}
