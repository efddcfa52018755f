/** Where output goes: to a file, made anew or added to, to the other stream, or into the next command. */
export type Target =
  | { readonly kind: 'file' | 'append'; readonly word: ShellWord }
  | { readonly kind: 'out' | 'err' | 'pipe' }

/** One simple command, and when it runs: always, after success (`&&`) or after failure (`||`). */
export interface ShellCommand {
  readonly when: 'always' | 'success' | 'failure'
  readonly words: readonly ShellWord[]
  readonly out?: Target
  readonly err?: Target
}

/** Pieces of a word; those within single quotes are taken as they are. */
export type ShellWord = readonly { readonly text: string; readonly plain: boolean }[]

/** A script that this shell cannot read. */
export class ShellSyntaxError extends Error {}

type Token =
  | { readonly word: ShellWord }
  | { readonly operator: string }
  /** `to`: the stream after `&`. */
  | { readonly redirect: 'out' | 'err'; readonly append: boolean; readonly to?: 'out' | 'err' }

/** Reads a script of simple commands joined by `;`, newlines, `&&`, `||`, `|` and redirections. */
export function parseScript(script: string): ShellCommand[] {
  const commands: ShellCommand[] = []
  let words: ShellWord[] = []
  let targets: { out?: Target; err?: Target } = {}
  let when: ShellCommand['when'] = 'always'
  const end = (): void => {
    if (words.length > 0) commands.push({ when, words, ...targets })
    words = []
    targets = {}
  }
  const tokens = tokenize(script)
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]
    if (!token) continue
    if ('word' in token) {
      words.push(token.word)
      continue
    }
    if ('redirect' in token) {
      if (token.to) {
        targets[token.redirect] = { kind: token.to }
        continue
      }
      const target = tokens[++index]
      if (!target || !('word' in target)) throw new ShellSyntaxError('newline unexpected')
      targets[token.redirect] = { kind: token.append ? 'append' : 'file', word: target.word }
      continue
    }
    const { operator } = token
    if (words.length === 0 && operator !== ';') throw new ShellSyntaxError(`"${operator}" unexpected`)
    if (operator === '|') targets.out = { kind: 'pipe' }
    end()
    when = operator === '&&' ? 'success' : operator === '||' ? 'failure' : 'always'
  }
  end()
  return commands
}

const operators = ['&&', '||', ';', '|', '\n']

function tokenize(script: string): Token[] {
  const tokens: Token[] = []
  let parts: { text: string; plain: boolean }[] | undefined
  const add = (text: string, plain: boolean): void => void (parts ??= []).push({ text, plain })
  const flush = (): void => {
    if (parts) tokens.push({ word: parts })
    parts = undefined
  }
  for (let at = 0; at < script.length;) {
    const letter = script[at] ?? ''
    const operator = operators.find((candidate) => script.startsWith(candidate, at))
    const redirect =
      parts === undefined
        ? /^([12]?)>(?:(>)|&([12]))?/.exec(script.slice(at))
        : /^()>(?:(>)|&([12]))?/.exec(script.slice(at))
    if (letter === "'" || letter === '"') {
      const close = closing(script, at)
      const inner = script.slice(at + 1, close)
      add(letter === '"' ? inner.replace(/\\(["\\$`])/g, '$1') : inner, letter === "'")
      at = close + 1
    } else if (letter === '\\') {
      if (script[at + 1] !== '\n') add(script[at + 1] ?? '', true)
      at += 2
    } else if (letter === '#' && parts === undefined) {
      const line = script.indexOf('\n', at)
      at = line < 0 ? script.length : line
    } else if (redirect) {
      flush()
      const [all, from, append, to] = redirect
      tokens.push({
        redirect: from === '2' ? 'err' : 'out',
        append: append !== undefined,
        ...(to === undefined ? {} : { to: to === '2' ? 'err' : 'out' }),
      })
      at += all.length
    } else if (operator !== undefined) {
      flush()
      tokens.push({ operator: operator === '\n' ? ';' : operator })
      at += operator.length
    } else if (/\s/.test(letter)) {
      flush()
      at += 1
    } else {
      const rest = /^[^\s;|&>'"\\]+|^&/.exec(script.slice(at))?.[0] ?? letter
      add(rest, false)
      at += rest.length
    }
  }
  flush()
  return tokens
}

function closing(script: string, open: number): number {
  const quote = script[open]
  for (let at = open + 1; at < script.length; at++) {
    if (quote === '"' && script[at] === '\\') at += 1
    else if (script[at] === quote) return at
  }
  throw new ShellSyntaxError('Unterminated quoted string')
}
