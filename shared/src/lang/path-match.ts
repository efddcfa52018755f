import { wholeMatcher } from './whole-match.ts'

/**
 * Go's `filepath.Match`: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are classes, `\` escapes.
 * A pattern that is broken matches nothing.
 */
export function pathMatch(pattern: string, name: string): boolean {
  if (pattern === '*') return !name.includes('/')
  if (!/[*?[\\]/.test(pattern)) return pattern === name
  const source = toRegExp(pattern)
  return source !== undefined && wholeMatcher(source, pattern.match(/\*+/g)?.length ?? 0)(name)
}

function toRegExp(pattern: string): string | undefined {
  let source = ''
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern.charAt(index)
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '\\') {
      index++
      if (index >= pattern.length) return undefined
      source += escape(pattern.charAt(index))
    } else if (char === '[') {
      const end = pattern.indexOf(']', index + 2)
      if (end < 0) return undefined
      const body = pattern.slice(index + 1, end)
      const negated = body.startsWith('^')
      source += `[${negated ? '^' : ''}${(negated ? body.slice(1) : body).replace(/[\\\]^[]/g, '\\$&')}]`
      index = end
    } else source += escape(char)
  }
  return source
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
