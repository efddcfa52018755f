import { formatQuantity, parseQuantity, type Quantity } from '../validation/quantity.ts'
import { fieldsOf } from '../validation/values.ts'
import { byKey } from '../../lang/order.ts'

/** Quantities by the names of what they are of. */
export type Amounts = ReadonlyMap<string, Quantity>

export const none: Quantity = { nano: 0n, form: 'decimal' }

/** Reads a resource list; what is no quantity is left out. */
export function amountsOf(list: unknown): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>()
  for (const [name, value] of Object.entries(fieldsOf(list))) {
    const quantity = parseQuantity(value)
    if (quantity) amounts.set(name, quantity)
  }
  return amounts
}

/** A resource list as objects hold it. */
export function writeAmounts(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]))
}

export const count = (units: number): Quantity => ({ nano: BigInt(units) * 1_000_000_000n, form: 'decimal' })

/** The sum, in the form of the first unless that is nothing. */
export function plus(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, form: a.nano === 0n ? b.form : a.form }
}

/** Adds each of `more` to `total`, in place. */
export function addTo(total: Map<string, Quantity>, more: Amounts): void {
  for (const [name, quantity] of more) {
    const held = total.get(name)
    total.set(name, held ? plus(held, quantity) : quantity)
  }
}

/** Raises each of `total` to that of `other`, in place. */
export function raiseTo(total: Map<string, Quantity>, other: Amounts): void {
  for (const [name, quantity] of other) {
    const held = total.get(name)
    if (!held || held.nano < quantity.nano) total.set(name, quantity)
  }
}

/** Only those of `names`. */
export function masked(amounts: Amounts, names: Iterable<string>): Map<string, Quantity> {
  const wanted = new Set(names)
  return new Map([...amounts].filter(([name]) => wanted.has(name)))
}

/** `cpu=1,memory=2Gi`, by name. */
export function printAmounts(amounts: Amounts): string {
  return [...amounts]
    .sort(byKey)
    .map(([name, quantity]) => `${name}=${formatQuantity(quantity)}`)
    .join(',')
}
