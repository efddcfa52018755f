import { fn, type Functions, type GoFunction } from '../functions.ts'

/** Longer subjects are refused: an expression may take very long over them. */
const longest = 100_000

/** One of Go's expressions as one of ours. */
function compile(source: string, flags = ''): RegExp {
  const [, marks = '', rest = ''] = /^(?:\(\?([imsU]+)\))?(.*)$/s.exec(source) ?? []
  const body = rest
    .replaceAll('(?P<', '(?<')
    .replaceAll(String.raw`\z`, '$')
    .replaceAll(String.raw`\A`, '^')
    .replaceAll('[[:alpha:]]', '[A-Za-z]')
    .replaceAll('[[:digit:]]', '[0-9]')
    .replaceAll('[[:alnum:]]', '[0-9A-Za-z]')
    .replaceAll('[[:space:]]', String.raw`\s`)
  try {
    return new RegExp(body, `u${flags}${marks.replaceAll('U', '')}`)
  } catch (error) {
    throw new Error(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function within(text: string): string {
  if (text.length > longest) throw new Error(`text of more than ${longest} characters is not searched`)
  return text
}

/** `$1`, `${1}` and `${name}` of a replacement, as Go expands them. */
function expand(template: string, match: RegExpMatchArray): string {
  return template.replace(
    /\$(?:\{(\w+)\}|(\w+)|\$)/g,
    (whole: string, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare
      if (name === undefined) return whole === '$$' ? '$' : whole
      return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? ''
    },
  )
}

const replaceAll = (source: string, text: string, to: string): string =>
  within(text).replace(compile(source, 'g'), (...found: unknown[]) => {
    const groups = found.at(-1)
    const named = typeof groups === 'object' && groups !== null
    const captures = found.slice(0, named ? -3 : -2) as string[]
    return expand(to, Object.assign(captures, { groups: named ? groups : undefined }) as unknown as RegExpMatchArray)
  })

const limited = (items: string[], most: bigint): string[] => (most < 0n ? items : items.slice(0, Number(most)))

function split(source: string, text: string, most: bigint): string[] {
  if (most === 0n) return []
  const parts: string[] = []
  let start = 0
  for (const match of within(text).matchAll(compile(source, 'g'))) {
    if (most > 0n && parts.length === Number(most) - 1) break
    if (match[0] === '' && (match.index === 0 || match.index >= text.length)) continue
    parts.push(text.slice(start, match.index))
    start = match.index + match[0].length
  }
  return [...parts, text.slice(start)]
}

const plain: Functions = {
  regexMatch: fn('ss', (source: string, text: string) => compile(source).test(within(text))),
  regexFind: fn('ss', (source: string, text: string) => compile(source).exec(within(text))?.[0] ?? ''),
  regexFindAll: fn('ssi', (source: string, text: string, most: bigint) =>
    limited(
      [...within(text).matchAll(compile(source, 'g'))].map((match) => match[0]),
      most,
    ),
  ),
  regexReplaceAll: fn('sss', replaceAll),
  regexReplaceAllLiteral: fn('sss', (source: string, text: string, to: string) =>
    within(text).replace(compile(source, 'g'), () => to),
  ),
  regexSplit: fn('ssi', split),
}

/** Without `must`, an expression that is none matches nothing where Go's function says so. */
const lenient: Functions = {
  regexMatch: fn('ss', (source: string, text: string) => {
    try {
      return compile(source).test(within(text))
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
