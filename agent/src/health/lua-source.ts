/** Where a token of a script stands. */
interface Token {
  readonly from: number
  readonly to: number
}

// Comments and texts first, since anything may stand in them; then what could be mistaken for a concatenation.
const tokens =
  /--\[(=*)\[[\s\S]*?(?:\]\1\]|$)|--[^\n]*|\[(=*)\[[\s\S]*?(?:\]\2\]|$)|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\.\.\.|\.\.|[=~<>]=|\S/g

/** The name under which concatenation is made to go through a function of ours. */
export const joiner = '__join'

/** `a .. b` as `a .. __join .. b`: numbers are then shown, and errors worded, as in Argo CD's interpreter. */
export function withJoiner(script: string): string {
  return script.replaceAll(tokens, (token) => (token === '..' ? `..${joiner}..` : token))
}

/** The error of a script that does not parse, in the words of Argo CD's interpreter. */
export function syntaxError(script: string, message: string, parses: (text: string) => string | undefined): string {
  if (/near '?<eof>'?$/.test(message)) return '<string> at EOF:   syntax error\n'
  const label = /<string>:\d+: (no visible label '.*' for <goto> at line \d+)/.exec(message)?.[1]
  if (label) return `compile error near line(${lines(script) + 1}) <string>: ${label}`
  const bad = firstBad(script, parses)
  if (!bad) return message
  const before = script.slice(0, bad.to)
  const column = before.length - (before.lastIndexOf('\n') + 1)
  const what = /: syntax error near /.test(message) ? 'parse error' : 'syntax error'
  return `<string> line:${lines(before)}(column:${column}) near '${script.slice(bad.from, bad.to)}':   ${what}\n`
}

const lines = (text: string): number => text.split('\n').length

/** The first token after which nothing that follows could make a script of it. */
function firstBad(script: string, parses: (text: string) => string | undefined): Token | undefined {
  for (const { index, 0: text } of script.matchAll(tokens)) {
    if (text.startsWith('--')) continue
    const to = index + text.length
    const error = parses(script.slice(0, to))
    if (error !== undefined && !/near '?<eof>'?$/.test(error)) return { from: index, to }
  }
  return undefined
}
