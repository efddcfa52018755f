import { integerOf, isInteger, print, printFloat, typeOf, type Value } from './values.ts'

interface Spec {
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
}

/** Go's `Sprintf`, for the verbs that templates use. */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0
  let ordered = false
  const text = format.replace(
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(\[\d+\])?([a-zA-Z%])/g,
    (
      whole: string,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      position: string | undefined,
      verb: string,
    ) => {
      if (verb === '%') return '%'
      const star = (given: string | undefined): number | undefined => {
        if (given === undefined) return undefined
        if (given !== '*') return Number(given)
        const value = args[next++]
        return isInteger(value) ? Number(integerOf(value)) : undefined
      }
      const spec: Spec = {
        flags,
        width: star(width),
        precision: whole.includes('.') ? (star(precision) ?? 0) : undefined,
      }
      if (position !== undefined) {
        next = Number(position.slice(1, -1)) - 1
        ordered = true
      }
      if (next >= args.length) return `%!${verb}(MISSING)`
      const value = args[next++]
      return pad(verbText(verb, value, spec), spec, isInteger(value) || typeof value === 'number')
    },
  )
  const extra = args.slice(next)
  if (extra.length === 0 || ordered) return text
  return `${text}%!(EXTRA ${extra.map((value) => `${typeOf(value)}=${print(value ?? null)}`).join(', ')})`
}

function verbText(verb: string, value: Value, spec: Spec): string {
  const bad = (): string =>
    value === null || value === undefined ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(value)}=${print(value)})`
  if (verb === 'v') return spec.flags.includes('#') ? goSyntax(value) : print(value ?? null)
  if (verb === 'T') return typeOf(value)
  if (verb === 't') return typeof value === 'boolean' ? String(value) : bad()
  if (Array.isArray(value)) return `[${value.map((each) => verbText(verb, each as Value, spec)).join(' ')}]`
  if (isInteger(value)) return integerText(verb, integerOf(value), spec) ?? bad()
  if (typeof value === 'number') return floatText(verb, value, spec) ?? bad()
  if (typeof value === 'string') return stringText(verb, value, spec) ?? bad()
  if (verb === 's' && typeof value === 'object' && value !== null) return print(value)
  return bad()
}

function integerText(verb: string, value: bigint, { flags }: Spec): string | undefined {
  const base = { d: 10, b: 2, o: 8, x: 16, X: 16 }[verb]
  const sign = flags.includes('+') && value >= 0n ? '+' : flags.includes(' ') && value >= 0n ? ' ' : ''
  if (base !== undefined) {
    const digits = value.toString(base)
    const prefix = flags.includes('#') ? ({ o: '0', x: '0x', X: '0X', b: '0b' }[verb] ?? '') : ''
    return `${sign}${prefix}${verb === 'X' ? digits.toUpperCase() : digits}`
  }
  if (verb === 'c') return String.fromCodePoint(Number(value))
  if (verb === 'q') return `'${String.fromCodePoint(Number(value))}'`
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`
  return undefined
}

function floatText(verb: string, value: number, { flags, precision }: Spec): string | undefined {
  const sign = flags.includes('+') && value >= 0 ? '+' : ''
  if (verb === 'f' || verb === 'F') return `${sign}${value.toFixed(precision ?? 6)}`
  if (verb === 'e' || verb === 'E') {
    const text = value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')
    return sign + (verb === 'E' ? text.toUpperCase() : text)
  }
  if (verb !== 'g' && verb !== 'G') return undefined
  if (precision === undefined) return sign + printFloat(value)
  const text = Number(value.toPrecision(precision || 1))
  return sign + printFloat(text, precision || 1)
}

function stringText(verb: string, value: string, { precision }: Spec): string | undefined {
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('')
  if (verb === 's') return cut
  if (verb === 'q') return quote(cut)
  const hex = Buffer.from(cut).toString('hex')
  return verb === 'x' ? hex : verb === 'X' ? hex.toUpperCase() : undefined
}

/** A string as Go writes it in a program. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function goSyntax(value: Value): string {
  return typeof value === 'string' ? quote(value) : print(value ?? null)
}

function pad(text: string, { flags, width }: Spec, numeric: boolean): string {
  const length = Array.from(text).length
  if (width === undefined || length >= width) return text
  if (flags.includes('-')) return text + ' '.repeat(width - length)
  if (!flags.includes('0')) return ' '.repeat(width - length) + text
  const signed = numeric && /^[+-]/.test(text)
  return (signed ? text[0] : '') + '0'.repeat(width - length) + (signed ? text.slice(1) : text)
}
