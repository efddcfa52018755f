/** A Kubernetes quantity in nano-units, with the family of suffixes it was written in. */
export interface Quantity {
  readonly nano: bigint
  readonly form: 'decimal' | 'binary' | 'exponent'
}

const nanoUnit = 1_000_000_000n
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

/** What Kubernetes answers to a text that is no quantity. */
export const quantityMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** What is wrong with a text that is no quantity: its form, its suffix, or that it has no digits. */
export function quantityComplaint(text: string): string {
  const match = /^[+-]?(\d*\.?\d*)([eEinumkKMGTP]*[+-]?\d*)$/.exec(text)
  if (match === null || text === '') return quantityMessage
  const [, digits = '', suffix = ''] = match
  const known = parseQuantity(`1${suffix}`) !== undefined
  if (!known) return "unable to parse quantity's suffix"
  return /\d/.test(digits) ? quantityMessage : 'unable to parse numeric part of quantity'
}

/** Reads `500m`, `1Gi`, `1e3`, `2`; undefined if it is none. Precision beyond nano is rounded up. */
export function parseQuantity(input: unknown): Quantity | undefined {
  const text = typeof input === 'number' ? String(input) : input
  if (typeof text !== 'string') return undefined
  const match = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([a-zA-Z]*)([+-]?\d+)?$/.exec(text)
  if (match === null) return undefined
  const [, sign, digits = '', suffix = '', exponent] = match
  const scale = scaleOf(suffix, exponent)
  if (scale === undefined) return undefined
  const [whole = '', fraction = ''] = digits.split('.')
  const scaled = BigInt(whole + fraction) * scale.factor * nanoUnit
  const divisor = 10n ** BigInt(fraction.length) * scale.divisor
  const rounded = (scaled + divisor - 1n) / divisor
  return { nano: sign === '-' ? -rounded : rounded, form: scale.form }
}

interface Scale {
  readonly factor: bigint
  readonly divisor: bigint
  readonly form: Quantity['form']
}

function scaleOf(suffix: string, exponent: string | undefined): Scale | undefined {
  if (suffix === 'e' || suffix === 'E') {
    if (exponent !== undefined) {
      const power = BigInt(exponent)
      return power >= 0n
        ? { factor: 10n ** power, divisor: 1n, form: 'exponent' }
        : { factor: 1n, divisor: 10n ** -power, form: 'exponent' }
    }
    if (suffix === 'e') return undefined
  }
  if (exponent !== undefined) return undefined
  const binary = binarySuffixes.indexOf(suffix as (typeof binarySuffixes)[number])
  if (binary > 0) return { factor: 1024n ** BigInt(binary), divisor: 1n, form: 'binary' }
  const decimal = decimalSuffixes.indexOf(suffix as (typeof decimalSuffixes)[number])
  if (decimal < 0) return undefined
  return decimal < 3
    ? { factor: 1n, divisor: 1000n ** BigInt(3 - decimal), form: 'decimal' }
    : { factor: 1000n ** BigInt(decimal - 3), divisor: 1n, form: 'decimal' }
}

/** The one way Kubernetes writes a quantity: `1024Mi` is `1Gi`, `0.5` is `500m`. */
export function formatQuantity(quantity: Quantity): string {
  const { nano, form } = quantity
  if (nano === 0n) return '0'
  const magnitude = nano < 0n ? -nano : nano
  const sign = nano < 0n ? '-' : ''
  if (form === 'binary' && magnitude >= 1024n * nanoUnit && magnitude % nanoUnit === 0n) {
    const { value, power } = strip(magnitude / nanoUnit, 1024n, binarySuffixes.length - 1)
    return `${sign}${value}${binarySuffixes[power] ?? ''}`
  }
  const { value, power } = strip(magnitude, 1000n, form === 'exponent' ? 40 : decimalSuffixes.length - 1)
  if (form === 'exponent') return `${sign}${value}${power === 3 ? '' : `e${(power - 3) * 3}`}`
  return `${sign}${value}${decimalSuffixes[power] ?? ''}`
}

function strip(start: bigint, base: bigint, most: number): { value: bigint; power: number } {
  let value = start
  let power = 0
  while (power < most && value % base === 0n) {
    value /= base
    power += 1
  }
  return { value, power }
}

/** The canonical text of a quantity, or the text itself if it is none. */
export function canonicalQuantity(input: unknown): unknown {
  return writtenQuantity(input) ?? input
}

/** A quantity as Kubernetes writes it after it read it: what it takes for canonical stays letter by letter, like `01`. */
export function writtenQuantity(input: unknown): string | undefined {
  const quantity = parseQuantity(input)
  if (!quantity) return undefined
  const text = String(input)
  return passesForCanonical(text) ? text : formatQuantity(quantity)
}

const parts = /^[+-]?0*(?<whole>\d*)(?:\.(?<fraction>\d*))?(?<suffix>[a-zA-Z]*)(?<exponent>[+-]?\d+)?$/
const mostDigits = 18

/** Whether a first look finds nothing to shorten, which overlooks signs, zeros in front and a last point. */
function passesForCanonical(text: string): boolean {
  const { whole = '', fraction = '', suffix = '', exponent = '0' } = parts.exec(text)?.groups ?? {}
  const digits = (whole || '0') + fraction
  const binary = binarySuffixes.indexOf(suffix as (typeof binarySuffixes)[number])
  if (binary > 0) {
    const room = 15 - whole.length - binary * 3 - 1
    return room >= 0 && fraction === '' && (BigInt(digits) & 7n) !== 0n
  }
  const decimal = decimalSuffixes.indexOf(suffix as (typeof decimalSuffixes)[number])
  const scale = (decimal < 0 ? Number(exponent) : (decimal - 3) * 3) - fraction.length
  if (digits.length > mostDigits || scale < -9) return false
  return scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
}

const microUnit = 1_000_000n

/** As {@link canonicalQuantity}, without parts below a thousandth: those are rounded up. */
export function canonicalResource(input: unknown): unknown {
  const quantity = parseQuantity(input)
  if (!quantity || quantity.nano % microUnit === 0n) return canonicalQuantity(input)
  const { nano, form } = quantity
  const up = nano > 0n ? microUnit : -microUnit
  return formatQuantity({ nano: (nano / microUnit) * microUnit + up, form })
}

/** The quantity in nano-units; 0 for what is none. */
export function nanoOf(input: unknown): bigint {
  return parseQuantity(input)?.nano ?? 0n
}

/** Whether a quantity is a whole number of units. */
export function isWhole(input: unknown): boolean {
  return nanoOf(input) % nanoUnit === 0n
}

/** Whole units, rounded up, as `Quantity.Value()`. */
export function wholeUnits(input: unknown): bigint {
  const nano = nanoOf(input)
  return nano >= 0n ? (nano + nanoUnit - 1n) / nanoUnit : nano / nanoUnit
}
