import { byKey } from '@flotilla/shared/lang/order'

import rowsJson from './template-types.json' with { type: 'json' }

/** A Go type: how Go prints its name, and what it is made of. */
interface Row {
  readonly print: string
  readonly kind: string
  /** The type of a pointer's target, or of the elements. */
  readonly of?: string
  /** Go name, JSON name (empty: inlined) and type, in the order of declaration. */
  readonly fields?: readonly (readonly string[])[]
}

const rows = rowsJson as unknown as Readonly<Record<string, Row>>

/**
 * Prints JSON as Go's `spew` prints (`%#v`, sorted keys, no methods) the value of the named Go type that was decoded from it:
 * what Kubernetes hashes to name the objects it makes of a template. Empty slices and maps are nil, as on the wire.
 */
export function goDump(type: string, value: unknown): string {
  return `(${row(type).print})${body(type, value)}`
}

function row(type: string): Row {
  const found = rows[type]
  if (!found) throw new Error(`no Go type ${type}`)
  return found
}

function body(type: string, value: unknown): string {
  const { kind, of = '', fields = [] } = row(type)
  switch (kind) {
    case 'ptr':
      return value === undefined || value === null ? '<nil>' : body(of, value)
    case 'slice': {
      const items = (value ?? []) as readonly unknown[]
      return items.length === 0 ? '<nil>' : `[${items.map((item) => body(of, item)).join(' ')}]`
    }
    case 'map': {
      const entries = Object.entries((value ?? {}) as Record<string, unknown>).toSorted(byKey)
      return entries.length === 0
        ? '<nil>'
        : `map[${entries.map(([key, item]) => `${key}:${body(of, item)}`).join(' ')}]`
    }
    case 'struct': {
      const object = (value ?? {}) as Record<string, unknown>
      const parts = fields.map(([name = '', json = '', field = '']) => {
        const held = json === '' ? object : (object[json] ?? undefined)
        return `${name}:${goDump(field, held)}`
      })
      return `{${parts.join(' ')}}`
    }
    case 'Quantity':
      return quantity(value === undefined || value === null ? undefined : String(value as string | number))
    case 'IntOrString':
      return intOrString(value as number | string | undefined)
    case 'Time':
      return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
    case 'string':
      return String((value ?? '') as string)
    case 'bool':
      return String((value ?? false) as boolean)
    default:
      return String((value ?? 0) as number)
  }
}

function intOrString(value: number | string | undefined = 0): string {
  const [type, number, text] = typeof value === 'string' ? [1, 0, value] : [0, value, '']
  return `{Type:(intstr.Type)${type} IntVal:(int32)${number} StrVal:(string)${text}}`
}

interface Parsed {
  readonly value: bigint
  readonly scale: number
  /** Kept where it is in canonical form and its parser notices. */
  readonly text: string
  readonly format: string
  /** Too big for the fast path: kept as an arbitrary decimal. */
  readonly big?: boolean
}

function quantity(text: string | undefined): string {
  const { value, scale, text: kept, format, big } = text === undefined ? zero('', '') : parse(text)
  const [i, s] = big ? [0n, 0] : [value, scale]
  const dec = big ? decimal(value, -scale) : '<nil>'
  return `{i:(resource.int64Amount){value:(int64)${i} scale:(resource.Scale)${s}} d:(resource.infDecAmount){Dec:(*inf.Dec)${dec}} s:(string)${kept} Format:(resource.Format)${format}}`
}

function zero(text: string, format: string): Parsed {
  return { value: 0n, scale: 0, text, format }
}

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** As Kubernetes' own parser takes a quantity apart, with its fast path for what fits an int64. */
function parse(text: string): Parsed {
  if (text === '0') return zero('0', 'DecimalSI')
  const [, sign = '', whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/.exec(text) ?? []
  const num = whole.replace(/^0+(?=\d)/, '') || '0'
  const shifted = num + fraction
  const positive = sign !== '-'
  const signed = (value: bigint): bigint => (positive ? value : -value)
  const binary = suffix === '' ? -1 : binarySuffixes.indexOf(suffix)
  if (binary > 0) {
    const value = BigInt(shifted)
    const factor = 1n << BigInt(10 * binary)
    const precision = 15 - num.length - Math.trunc(Math.fround(10 * binary * 3) / 10) - 1
    if (fraction === '' && precision >= 0) {
      const kept = (value & 7n) === 0n ? '' : text
      return { value: signed(value * factor), scale: 0, text: kept, format: 'BinarySI' }
    }
    return rounded(signed(value * factor), -fraction.length, 'BinarySI')
  }
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1]
  const power = exponent === undefined ? 3 * (decimalSuffixes.indexOf(suffix) - 3) : Number(exponent)
  const format = exponent === undefined ? 'DecimalSI' : 'DecimalExponent'
  const scale = power - fraction.length
  if (shifted.length <= 18 && scale >= -9) {
    const canonical = scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0')
    return { value: signed(BigInt(shifted)), scale, text: canonical ? text : '', format }
  }
  return rounded(signed(BigInt(shifted)), scale, format)
}

/** An arbitrary decimal of nine places, rounded away from zero. */
function rounded(value: bigint, scale: number, format: string): Parsed {
  const by = 10n ** BigInt(Math.abs(scale + 9))
  if (scale >= -9) return { value: value * by, scale: -9, text: '', format, big: true }
  const away = value < 0n ? -1n : 1n
  return { value: value / by + (value % by === 0n ? 0n : away), scale: -9, text: '', format, big: true }
}

function decimal(value: bigint, scale: number): string {
  const words: bigint[] = []
  for (let left = value < 0n ? -value : value; left > 0n; left >>= 64n) words.push(left & 0xffffffffffffffffn)
  const abs = words.length === 0 ? '<nil>' : `[${words.join(' ')}]`
  return `{unscaled:(big.Int){neg:(bool)${value < 0n} abs:(big.nat)${abs}} scale:(inf.Scale)${scale}}`
}
