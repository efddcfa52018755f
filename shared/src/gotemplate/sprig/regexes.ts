import { goRegexp, type RegexpMatch, type GoRegexp } from '../../lang/go-regexp.ts'
import { fn, type Functions, type GoFunction } from '../functions.ts'

/** `$1`, `${1}` and `${name}` of a replacement, as Go expands them. */
function expand(template: string, expression: GoRegexp, match: RegexpMatch): string {
  return template.replace(
    /\$(?:\{(\w+)\}|(\w+)|\$)/g,
    (whole: string, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare
      if (name === undefined) return whole === '$$' ? '$' : whole
      return match.groups[/^\d+$/.test(name) ? Number(name) : (expression.group(name) ?? -1)] ?? ''
    },
  )
}

function replaced(expression: GoRegexp, text: string, by: (match: RegexpMatch) => string): string {
  let result = ''
  let from = 0
  for (const match of expression.matches(text)) {
    result += text.slice(from, match.index) + by(match)
    from = match.end
  }
  return result + text.slice(from)
}

function replaceAll(source: string, text: string, to: string): string {
  const expression = goRegexp(source)
  return replaced(expression, text, (match) => expand(to, expression, match))
}

const limited = (items: string[], most: bigint): string[] => (most < 0n ? items : items.slice(0, Number(most)))

function split(source: string, text: string, most: bigint): string[] {
  if (most === 0n) return []
  const parts: string[] = []
  let start = 0
  for (const match of goRegexp(source).matches(text)) {
    if (most > 0n && parts.length === Number(most) - 1) break
    if (match.text === '' && (match.index === 0 || match.index >= text.length)) continue
    parts.push(text.slice(start, match.index))
    start = match.end
  }
  return [...parts, text.slice(start)]
}

const firstOf = (source: string, text: string): string => {
  for (const match of goRegexp(source).matches(text)) return match.text
  return ''
}

const plain: Functions = {
  regexMatch: fn('ss', (source: string, text: string) => goRegexp(source).test(text)),
  regexFind: fn('ss', firstOf),
  regexFindAll: fn('ssi', (source: string, text: string, most: bigint) =>
    limited(
      [...goRegexp(source).matches(text)].map((match) => match.text),
      most,
    ),
  ),
  regexReplaceAll: fn('sss', replaceAll),
  regexReplaceAllLiteral: fn('sss', (source: string, text: string, to: string) =>
    replaced(goRegexp(source), text, () => to),
  ),
  regexSplit: fn('ssi', split),
}

/** Without `must`, an expression that is none matches nothing where Go's function says so. */
const lenient: Functions = {
  regexMatch: fn('ss', (source: string, text: string) => {
    try {
      return goRegexp(source).test(text)
    } catch {
      return false
    }
  }),
}
const must = Object.entries(plain).map(([name, one]) => [`mustR${name.slice(1)}`, one] as [string, GoFunction])

/** Sprig's regular expressions. */
export const regexes: Functions = {
  ...plain,
  ...lenient,
  ...Object.fromEntries(must),
  regexQuoteMeta: fn('s', (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)),
}
