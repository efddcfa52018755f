import { dictionary } from '../lang/dictionary.ts'

const escapes: Readonly<Record<string, string>> = dictionary({
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
})

/** The text that a quoted or raw constant stands for. */
export function unquote(source: string): string {
  if (source.startsWith('`')) return source.slice(1, -1).replaceAll('\r', '')
  return source
    .slice(1, -1)
    .replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gsu, (_whole, code: string) => {
      if (/^[xuU]/.test(code) && code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
      if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
      return escapes[code] ?? code
    })
}

/** A number constant: an integer where it is one, and always a float. */
export function numberConstant(source: string): { int: bigint | undefined; float: number } | undefined {
  const negative = source.startsWith('-')
  const text = source.replace(/^[+-]/, '').replaceAll('_', '')
  if (text === '') return undefined
  const sign = negative ? -1 : 1
  const whole = /^0[xXbBoO]/.test(text)
    ? text
    : /^0[0-7]+$/.test(text)
      ? `0o${text}`
      : /^\d+$/.test(text)
        ? text
        : undefined
  if (whole !== undefined) {
    const int = BigInt(whole) * BigInt(sign)
    if (int >= 1n << 64n || int < -(1n << 63n)) return undefined
    return { int, float: Number(int) }
  }
  if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined
  const float = Number(text) * sign
  return { int: Number.isInteger(float) ? BigInt(float) : undefined, float }
}

/** `'x'` is the number of the character. */
export function charConstant(source: string): { int: bigint; float: number } {
  const point = unquote(source).codePointAt(0) ?? 0
  return { int: BigInt(point), float: point }
}
