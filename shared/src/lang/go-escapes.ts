import { dictionary } from './dictionary.ts'

const letters: Readonly<Record<string, string>> = dictionary({
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
})

/** What stands between the quotes of a text constant of Go, without its escapes; of what is none the backslash goes. */
export function unescaped(inner: string): string {
  return inner.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gsu, (_whole, code: string) => {
    if (/^[xuU]/.test(code) && code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
    return letters[code] ?? code
  })
}
