import { wholeMatcher } from '@flotilla/shared/lang/whole-match'

/** A pattern that is not one: an unclosed class, a backslash at the end. */
export class GlobError extends Error {}

/** Go's `path.Match`: `*` and `?` stop at slashes, classes in brackets, backslash escapes. Source: Go's documentation. */
export function pathMatch(pattern: string, name: string): boolean {
  return wholeMatcher(sourceOf(pattern), pattern.match(/\*+/g)?.length ?? 0)(name)
}

function sourceOf(pattern: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? ''
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = classEnd(pattern, at)
      const body = pattern.slice(at + 1, end)
      const negated = body.startsWith('^')
      source += `[${negated ? '^/' : ''}${(negated ? body.slice(1) : body).replaceAll(/[[\]^]/g, String.raw`\$&`)}]`
      at = end
    } else if (char === '\\') {
      at++
      if (at >= pattern.length) throw new GlobError('syntax error in pattern')
      source += escape(pattern[at] ?? '')
    } else source += escape(char)
  }
  return source
}

function classEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern[at] === '^') at++
  const first = at
  while (at < pattern.length && (pattern[at] !== ']' || at === first)) at += pattern[at] === '\\' ? 2 : 1
  if (at >= pattern.length) throw new GlobError('syntax error in pattern')
  return at
}

function escape(char: string): string {
  return char.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}
