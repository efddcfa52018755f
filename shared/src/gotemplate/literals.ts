import { unescaped } from '../lang/go-escapes.ts'

/** The text that a quoted or raw constant stands for. */
export function unquote(source: string): string {
  const inner = source.slice(1, -1)
  return source.startsWith('`') ? inner.replaceAll('\r', '') : unescaped(inner)
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
