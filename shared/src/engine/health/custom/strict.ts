import type { KubeObject } from '../../../k8s/object.ts'
import { at } from '../fields.ts'
import type { CustomRule } from './rules.ts'

// Argo CD's checks for many kinds stop with an error where an object lacks a field they count on, and its users see
// that error as the reason of `Unknown`. Ours stop at the same places, in the same words, which name a line.

function stop(line: number, words: string): never {
  throw new Error(`<string>:${line}: ${words}`)
}

/** What a value is called in an error. */
function typeName(value: unknown): string {
  if (value === undefined || value === null) return 'nil'
  return typeof value === 'object' ? 'table' : typeof value
}

/** A field that must have something to be read from. */
export function need(line: number, value: unknown, key: string): unknown {
  if (typeof value === 'object' && value !== null) return at(value, key)
  // Texts have methods, so reading a field of one finds nothing.
  if (typeof value === 'string') return undefined
  return stop(line, `attempt to index a non-table object(${typeName(value)}) with key '${key}'`)
}

/** As `need` for each step of a path. */
export function needAt(line: number, value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found, key) => need(line, found, key), value)
}

/** A rule that reads a field first of all. */
export function needing(line: number, path: readonly string[], rule: CustomRule): CustomRule {
  return (object: KubeObject) => {
    needAt(line, object, ...path)
    return rule(object)
  }
}

/** Texts and numbers as one text; nothing can be joined with what is missing. */
export function join(line: number, ...parts: readonly unknown[]): string {
  let joined = ''
  for (let index = parts.length - 1; index >= 0; index--) {
    const part = parts[index]
    if (typeof part !== 'string' && typeof part !== 'number') {
      // The error names the two that meet, from the right.
      const last = index === parts.length - 1
      const [left, right] = last ? [typeName(parts[index - 1]), typeName(part)] : [typeName(part), 'string']
      stop(line, `cannot perform concat operation between ${left} and ${right}`)
    }
    joined = `${part}${joined}`
  }
  return joined
}

/** Whether one is less than the other; both must be numbers, or both texts. */
export function isLess(line: number, left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right
  if (typeof left === 'string' && typeof right === 'string') return left < right
  return stop(line, `attempt to compare ${typeName(left)} with ${typeName(right)}`)
}

/** Whether one is at most the other; both must be numbers, or both texts. */
export function isAtMost(line: number, left: unknown, right: unknown): boolean {
  return left === right && left !== undefined && left !== null ? true : isLess(line, left, right)
}

/** A number less another; a text that is a number counts as one. */
export function minus(line: number, left: unknown, right: unknown): number {
  const [a, b] = [numeric(left), numeric(right)]
  if (a !== undefined && b !== undefined) return a - b
  return stop(line, `cannot perform sub operation between ${typeName(left)} and ${typeName(right)}`)
}

/** A number, or the number a text is. */
export function numeric(value: unknown): number | undefined {
  // Whole numbers have no exponent there.
  if (typeof value === 'string' && /^\s*[+-]?\d+e/i.test(value)) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined
}

/** The sum of two numbers; a text that is a number counts as one. */
export function plus(line: number, left: unknown, right: unknown): number {
  const [a, b] = [numeric(left), numeric(right)]
  if (a !== undefined && b !== undefined) return a + b
  return stop(line, `cannot perform add operation between ${typeName(left)} and ${typeName(right)}`)
}

/** The items of a list that must be one; `reader`: what goes through them there. */
export function needList(line: number, value: unknown, reader = 'ipairs'): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null) return []
  return stop(line, `bad argument #1 to ${reader} (table expected, got ${typeName(value)})`)
}
