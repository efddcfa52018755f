import { wholeMatcher } from './whole-match.ts'

/**
 * The globs of Argo CD's settings: `*` stops at separators, `**` does not; `?`, `[abc]`, `[!abc]`, `{a,b}`, `\` escapes.
 * Without separators `*` matches anything. A pattern that is broken matches nothing.
 */
export function globMatch(pattern: string, value: string, separators = ''): boolean {
  return globMatcher(pattern, separators)(value)
}

/** As {@link globMatch}, for a pattern that many values are held against. */
export function globMatcher(pattern: string, separators = ''): (value: string) => boolean {
  if (pattern === '*' && separators === '') return () => true
  // Alone, the letter that it stands for may be missing.
  if (pattern === '?') return (value) => /^.?$/su.test(value) && (value === '' || !separators.includes(value))
  if (!/[*?[{\\]/.test(pattern)) return (value) => pattern === value
  const source = toRegExp(pattern, separators)
  if (source === undefined) return () => false
  return wholeMatcher(source, pattern.match(/\*+|\{/g)?.length ?? 0)
}

function toRegExp(pattern: string, separators: string): string | undefined {
  const one = separators === '' ? '.' : `[^${escapeClass(separators)}]`
  let source = ''
  let depth = 0
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern.charAt(index)
    if (char === '*') {
      const double = pattern.charAt(index + 1) === '*'
      while (pattern.charAt(index + 1) === '*') index++
      source += double ? '.*' : `${one}*`
    } else if (char === '?') source += one
    else if (char === '\\') {
      index++
      // With nothing behind it, it stands for nothing.
      source += escape(pattern.charAt(index))
    } else if (char === '[') {
      const end = pattern.indexOf(']', index + 1)
      if (end < 0) return undefined
      const body = pattern.slice(index + 1, end)
      const negated = body.startsWith('!')
      const inner = negated ? body.slice(1) : body
      if (inner === '') return undefined
      source += `[${negated ? '^' : ''}${inner.replace(/[\\\]^[]/g, '\\$&')}]`
      index = end
    } else if (char === '{') {
      depth++
      source += '(?:'
    } else if (char === '}' && depth > 0) {
      depth--
      source += ')'
    } else if (char === ',' && depth > 0) source += '|'
    else source += escape(char)
  }
  return depth === 0 ? source : undefined
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function escapeClass(chars: string): string {
  return chars.replace(/[\\\]^-]/g, '\\$&')
}
