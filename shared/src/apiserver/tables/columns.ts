import type { TableColumn } from '../strategy.ts'
import { isSet, textOf } from '../validation/values.ts'

/** A column by its heading, with its type after a colon if it is no string; `wide` ones show with `-o wide` only. */
export function column(heading: string, wide = false): TableColumn {
  const [name = '', type = 'string'] = heading.split(':')
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority: wide ? 1 : 0 }
}

/** Several plain columns, and after them those of `-o wide`. */
export function columns(plain: readonly string[], wide: readonly string[] = []): TableColumn[] {
  return [...plain.map((name) => column(name)), ...wide.map((name) => column(name, true))]
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** A span of time as people read it: `5m30s`, `3h`, `12d`. */
export function humanDuration(milliseconds: number): string {
  const whole = (unit: number): number => Math.floor(milliseconds / unit)
  const rest = (unit: number, within: number): number => Math.floor((milliseconds % within) / unit)
  const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
  if (milliseconds < -second) return '<invalid>'
  if (milliseconds < 0) return '0s'
  if (milliseconds < 2 * minute) return `${whole(second)}s`
  if (milliseconds < 10 * minute) return two(whole(minute), 'm', rest(second, minute), 's')
  if (milliseconds < 3 * hour) return `${whole(minute)}m`
  if (milliseconds < 8 * hour) return two(whole(hour), 'h', rest(minute, hour), 'm')
  if (milliseconds < 2 * day) return `${whole(hour)}h`
  if (milliseconds < 8 * day) return two(whole(day), 'd', rest(hour, day), 'h')
  if (milliseconds < 2 * year) return `${whole(day)}d`
  if (milliseconds < 8 * year) return two(whole(year), 'y', rest(day, year), 'd')
  return `${whole(year)}y`
}

/** How long ago a time was. */
export function age(time: unknown, now: number): string {
  const at = Date.parse(textOf(time))
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at)
}

/** The text, or `<none>`. */
export function orNone(value: unknown): string {
  return isSet(value) ? String(value) : '<none>'
}
