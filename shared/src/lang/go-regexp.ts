import { RE2JS } from 're2js'

/** One match: where, what, and what its groups hold. */
export interface RegexpMatch {
  readonly index: number
  readonly end: number
  readonly text: string
  /** By number; the whole at 0, and undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/**
 * One of Go's regular expressions, with Go's syntax and Go's promise: the time it takes grows with the text and with
 * nothing else, whoever wrote the expression.
 */
export interface GoRegexp {
  /** Whether it matches anywhere. */
  test(text: string): boolean
  /** All matches that do not overlap, none of them empty right behind another. */
  matches(text: string): Iterable<RegexpMatch>
  /** The number of a named group. */
  group(name: string): number | undefined
}

/** Reads an expression; throws with Go's words about one that is none. */
export function goRegexp(source: string): GoRegexp {
  const compiled = compile(source)
  return {
    test: (text) => compiled.matcher(text).find(),
    matches: (text) => matchesOf(compiled, text),
    group: (name) => compiled.namedGroups()[name],
  }
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '')
    throw new Error(`error parsing regexp: ${why}`, { cause: error })
  }
}

function* matchesOf(compiled: RE2JS, text: string): Generator<RegexpMatch> {
  const matcher = compiled.matcher(text)
  const count = compiled.groupCount()
  let before = -1
  for (let from = 0; from <= text.length;) {
    if (!matcher.find(from)) return
    const index = matcher.start()
    const end = matcher.end()
    const empty = end === from
    if (!empty || index !== before) {
      const groups = Array.from({ length: count + 1 }, (_, at) => matcher.group(at) ?? undefined)
      yield { index, end, text: text.slice(index, end), groups }
    }
    before = end
    from = empty ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end
  }
}
