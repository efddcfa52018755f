import { isObject } from '../../lang/json.ts'
import { childType } from '../schema/types.ts'
import type { ListType, Type } from '../schema/types.ts'
import { KeyError, itemElement, printElement } from './path-element.ts'

/** The first mistake in an applied configuration, worded as the merge library words it; undefined where it fits its type. */
export function validateTyped(type: Type, value: unknown, path = ''): string | undefined {
  if (value === null || value === undefined) return undefined
  switch (type.form) {
    case 'any':
      return undefined
    case 'scalar':
      return validateScalar(type.scalar, value, path)
    case 'list':
      return Array.isArray(value) ? validateList(type, value, path) : `${path}: expected list, got ${printValue(value)}`
    default:
      if (!isObject(value)) return `${path}: expected map, got ${printValue(value)}`
      for (const name in value) {
        const inner = childType(type, name)
        const at = `${path}.${name}`
        if (!inner) return `${at}: field not declared in schema`
        const problem = validateTyped(inner, value[name], at)
        if (problem !== undefined) return problem
      }
      return undefined
  }
}

function validateScalar(scalar: string, value: unknown, path: string): string | undefined {
  if (scalar === 'any')
    return isObject(value) || Array.isArray(value)
      ? `${path}: expected untyped scalar, got ${printValue(value)}`
      : undefined
  if (scalar === 'string')
    return typeof value === 'string' ? undefined : `${path}: expected string, got ${printValue(value)}`
  if (scalar === 'boolean')
    return typeof value === 'boolean'
      ? undefined
      : `${path}: expected boolean, got ${typeof value === 'string' ? 'string' : printValue(value)}`
  return typeof value === 'number'
    ? undefined
    : `${path}: expected numeric (int or float), got ${typeof value === 'string' ? 'string' : printValue(value)}`
}

function validateList(type: ListType, value: readonly unknown[], path: string): string | undefined {
  const seen = new Set<string>()
  for (const [position, item] of value.entries()) {
    let at = `${path}[${position}]`
    if (type.listType !== 'atomic') {
      try {
        const element = itemElement(type, item)
        at = `${path}${printElement(element)}`
        if (seen.has(element)) return `${path}: duplicate entries for key ${printElement(element)}`
        seen.add(element)
      } catch (error) {
        if (error instanceof KeyError) return `${path}: element ${position}: ${error.message}`
        throw error
      }
    }
    const problem = validateTyped(type.element, item, at)
    if (problem !== undefined) return problem
  }
  return undefined
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `&{[${value.map(String).join(' ')}]}`
  if (isObject(value))
    return `&{map[${Object.entries(value)
      .map(([key, item]) => `${key}:${String(item)}`)
      .join(' ')}]}`
  return `&value.valueUnstructured{Value:${typeof value === 'string' ? JSON.stringify(value) : String(value)}}`
}
