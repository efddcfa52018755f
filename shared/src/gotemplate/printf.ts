import { integerOf, isInteger, isMap, print, printFloat, typeOf, type Value } from './values.ts'
import { byBytes } from '../lang/order.ts'

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
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(\[\d+\])?(.|$)/gsu,
    (
      whole: string,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      position: string | undefined,
      verb: string,
    ) => {
      if (verb === '%') return '%'
      if (verb === '') return '%!(NOVERB)'
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
      return verbText(verb, args[next++], spec)
    },
  )
  const extra = args.slice(next)
  if (extra.length === 0 || ordered) return text
  return `${text}%!(EXTRA ${extra.map((value) => `${typeOf(value)}=${print(value ?? null)}`).join(', ')})`
}

/** A value by a verb; what has parts by its parts, each as wide as is asked for. */
function verbText(verb: string, value: Value, spec: Spec): string {
  if (verb === 'T') return pad(typeOf(value), spec, false)
  if (verb === 'v' && spec.flags.includes('#')) return pad(goSyntax(value), spec, false)
  if (Array.isArray(value)) return `[${value.map((each) => verbText(verb, each as Value, spec)).join(' ')}]`
  if (isMap(value)) {
    const rows = Object.keys(value).toSorted(byBytes)
    return `map[${rows.map((key) => `${verbText(verb, key, spec)}:${verbText(verb, value[key], spec)}`).join(' ')}]`
  }
  const numeric = isInteger(value) || typeof value === 'number'
  const text = verb === 'v' ? print(value ?? null) : plainText(verb, value, spec)
  if (text !== undefined) return pad(text, spec, numeric)
  if (value === null || value === undefined) return `%!${verb}(<nil>)`
  const shown = typeof value === 'string' ? (stringText('s', value, spec) ?? value) : print(value)
  return `%!${verb}(${typeOf(value)}=${pad(shown, spec, numeric)})`
}

/** Undefined where the verb is not for such values. */
function plainText(verb: string, value: Value, spec: Spec): string | undefined {
  if (verb === 't') return typeof value === 'boolean' ? String(value) : undefined
  if (isInteger(value)) return integerText(verb, integerOf(value), spec)
  if (typeof value === 'number') return floatText(verb, value, spec)
  if (typeof value === 'string') return stringText(verb, value, spec)
  return verb === 's' && typeof value === 'object' && value !== null ? print(value) : undefined
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
