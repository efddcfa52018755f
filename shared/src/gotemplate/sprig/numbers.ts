import { fn, type Functions } from '../functions.ts'
import { Int64, type Value } from '../values.ts'
import { float, integer } from './cast.ts'

const int64 = (value: bigint | number): Int64 => new Int64(value)
const sum = (values: readonly Value[]): bigint => values.reduce<bigint>((total, each) => total + integer(each), 0n)
const product = (values: readonly Value[]): bigint => values.reduce<bigint>((total, each) => total * integer(each), 1n)
const floats = (values: readonly Value[], apply: (a: number, b: number) => number): number =>
  values.map(float).reduce((a, b) => apply(a, b))
const divisor = (value: Value): bigint => {
  const by = integer(value)
  if (by === 0n) throw new Error('runtime error: integer divide by zero')
  return by
}
/** Decimal arithmetic on the printed digits, so that tenths add up. */
const decimal = (value: number): number => Number(value.toPrecision(15))

function quotient(a: number, b: number): number {
  if (b === 0) throw new Error('decimal division by 0')
  return Number((a / b).toFixed(16))
}

function round(value: Value, places: Value, at?: Value): number {
  const factor = 10 ** Number(integer(places))
  const digit = float(value) * factor
  const limit = at === undefined ? 0.5 : float(at)
  const fraction = digit - Math.floor(digit)
  return (fraction >= limit ? Math.ceil(digit) : Math.floor(digit)) / factor
}

/** Sprig's arithmetic: whole numbers unless the name says otherwise. */
export const numbers: Functions = {
  int: fn('n', (value: Value) => integer(value)),
  int64: fn('n', (value: Value) => int64(integer(value))),
  float64: fn('n', float),
  atoi: fn('s', (value: string) => (/^[+-]?\d+$/.test(value) ? BigInt(value) : 0n)),
  add1: fn('n', (value: Value) => int64(integer(value) + 1n)),
  add: fn('n*', (...values: Value[]) => int64(sum(values))),
  sub: fn('nn', (a: Value, b: Value) => int64(integer(a) - integer(b))),
  mul: fn('nn*', (...values: Value[]) => int64(product(values))),
  div: fn('nn', (a: Value, b: Value) => int64(integer(a) / divisor(b))),
  mod: fn('nn', (a: Value, b: Value) => int64(integer(a) % divisor(b))),
  max: fn('nn*', (...values: Value[]) => int64(values.map(integer).reduce((a, b) => (a > b ? a : b)))),
  biggest: fn('nn*', (...values: Value[]) => int64(values.map(integer).reduce((a, b) => (a > b ? a : b)))),
  min: fn('nn*', (...values: Value[]) => int64(values.map(integer).reduce((a, b) => (a < b ? a : b)))),
  maxf: fn('nn*', (...values: Value[]) => floats(values, Math.max)),
  minf: fn('nn*', (...values: Value[]) => floats(values, Math.min)),
  add1f: fn('n', (value: Value) => decimal(float(value) + 1)),
  addf: fn('n*', (...values: Value[]) => decimal(floats([0, ...values], (a, b) => a + b))),
  subf: fn('nn*', (...values: Value[]) => decimal(floats(values, (a, b) => a - b))),
  mulf: fn('nn*', (...values: Value[]) => decimal(floats(values, (a, b) => a * b))),
  divf: fn('nn*', (...values: Value[]) => floats(values, quotient)),
  ceil: fn('n', (value: Value) => Math.ceil(float(value))),
  floor: fn('n', (value: Value) => Math.floor(float(value))),
  round: fn('nif*', round),
}
