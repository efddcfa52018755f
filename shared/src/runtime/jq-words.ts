/** Complaints about jq expressions in the words of gojq, which users of Argo CD know. */

// What jq has beyond the gojq of Argo CD, by name and number of arguments.
const unknownThere =
  /(?<![\w.$:])(?:(debug|stderr|input_filename|input_line_number|keys_unsorted|get_search_list|pow10|lgamma_r)(?![\w:(])|(debug)\()/

/** Why an expression is not run at all: it asks for what is not there. */
export function refusal(expression: string): string | undefined {
  const code = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  // There is nothing else to read than the object.
  if (/(?<![\w.$:])inputs?(?![\w:])/.test(code)) return 'input(s)/0 is not allowed'
  if (/\$__loc__/.test(code)) return 'variable not defined: $__loc__'
  const [found, plain, called] = unknownThere.exec(code) ?? []
  return found === undefined ? undefined : `function not defined: ${plain ?? called}/${called === undefined ? 0 : 1}`
}

/** What gojq has and jq does not, or has otherwise. */
const definitions: readonly (readonly [RegExp, string])[] = [
  [
    /\bskip\s*\(/,
    'def skip($n; f): if $n < 0 then error else foreach f as $i ($n; . - 1; if . < 0 then $i else empty end) end;',
  ],
  [/\blimit\s*\(/, 'def _limit($n; f): limit($n; f); def limit($n; f): if $n < 0 then error else _limit($n; f) end;'],
  [/\badd\s*\(/, 'def add(f): reduce f as $x (null; . + $x);'],
  [/\bl?trim\b(?!str)/, 'def ltrim: if test("^\\\\s") then sub("^\\\\s+"; "") else . end;'],
  [/\br?trim\b(?!str)/, 'def rtrim: if test("\\\\s$") then sub("\\\\s+$"; "") else . end;'],
  [/\btrim\b(?!str)/, 'def trim: ltrim | rtrim;'],
  [
    /\bl?trimstr\s*\(/,
    'def _ltrimstr($x): ltrimstr($x); def ltrimstr($x): if type == "string" then _ltrimstr($x) else error end;',
  ],
  [
    /\br?trimstr\s*\(/,
    'def _rtrimstr($x): rtrimstr($x); def rtrimstr($x): if type == "string" then _rtrimstr($x) else error end;',
  ],
  [/\btrimstr\s*\(/, 'def trimstr($x): ltrimstr($x) | rtrimstr($x);'],
]

/** The definitions that an expression needs in front of it. */
export function preludeOf(expression: string): string {
  return definitions.map(([name, definition]) => (name.test(expression) ? `${definition} ` : '')).join('')
}

/** jq's complaint about a filter in the words of gojq, where there are some. `complaint` is jq's about another text. */
export function compileError(error: string, filter: string, complaint: (text: string) => string | undefined): string {
  const label = /error: \$\*label-(\S+) is not defined/.exec(error)?.[1]
  if (label !== undefined) return `label not defined: $${label}`
  const name = /error: (\S+?) is not defined/.exec(error)?.[1]
  if (name !== undefined) return `${name.startsWith('$') ? 'variable' : 'function'} not defined: ${name}`
  const broken = brokenString(filter)
  if (!error.includes('syntax error') && !broken) return error.replace(/^jq: error: /, '').split('\n')[0] ?? error
  for (const { index, 0: token } of filter.matchAll(tokens)) {
    if (broken && index >= broken.at) return broken.words
    const found = complaint(filter.slice(0, index + token.length))
    if (found !== undefined && !isUnfinished(found)) return `unexpected token ${JSON.stringify(token)}`
  }
  return 'unexpected EOF'
}

const tokens = /"(?:[^"\\]|\\.)*"|[\w$@]+|\.\.|\?\/\/=?|[=!<>+*/%-]=|\|=|\/\/=?|\S/gu

/** Whether more text could make a filter of what was read so far. */
function isUnfinished(error: string): boolean {
  return error.includes('unexpected end of file') || !error.includes('syntax error')
}

interface BrokenString {
  /** Where the outermost text begins that is broken. */
  readonly at: number
  readonly words: string
}

/** The first text in a filter that does not end, or holds an escape that there is not. */
function brokenString(filter: string): BrokenString | undefined {
  // How many parentheses are open in each of the texts that we are within.
  const open: number[] = []
  let start = 0
  let isText = false
  let isResumed = false
  for (let at = 0; at < filter.length; at++) {
    const char = filter.charAt(at)
    if (isText && char === '\\') {
      const [escape = ''] = /^\\(?:u[0-9a-fA-F]{0,4}|.|$)/su.exec(filter.slice(at)) ?? []
      if (escape === '\\(') {
        open.push(0)
        isText = false
      } else if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})$/.test(escape)) {
        return { at: start, words: `invalid escape sequence "${escape}" in string literal` }
      }
      at += escape.length - 1
    } else if (char === '"') {
      if (!isText && open.length === 0) start = at
      isText = !isText
      isResumed = false
    } else if (!isText && open.length > 0) {
      const depth = open.length - 1
      if (char === '(') open[depth] = (open[depth] ?? 0) + 1
      else if (char === ')' && open[depth] === 0) {
        open.pop()
        isText = true
        isResumed = true
      } else if (char === ')') open[depth] = (open[depth] ?? 0) - 1
    }
  }
  if (isText && !isResumed) return { at: start, words: 'unterminated string literal' }
  return isText || open.length > 0 ? { at: start, words: 'unexpected EOF' } : undefined
}
