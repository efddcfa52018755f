import { isObject } from '../../lang/json.ts'
import { childType } from '../schema/types.ts'
import type { ListType, Type } from '../schema/types.ts'
import { printGo } from '../go-value.ts'
import { quoteGo } from '../validation/field-errors.ts'
import { KeyError, itemElement, printElement } from '../../k8s/structured/path-element.ts'

/** The mistakes in an applied configuration, worded as the merge library words them; undefined where it fits its type. */
export function validateTyped(type: Type, value: unknown): string | undefined {
  const mistakes: string[] = []
  visit(type, value, '', mistakes)
  return mistakes.length > 1 ? ['errors:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n') : mistakes[0]
}

function visit(type: Type, value: unknown, path: string, mistakes: string[]): void {
  if (value === null || value === undefined) return
  const say = (text: string): void => void mistakes.push(`${path}: ${text}`)
  switch (type.form) {
    case 'any':
      return
    case 'scalar': {
      const mistake = scalarMistake(type.scalar, value)
      if (mistake !== undefined) say(mistake)
      return
    }
    case 'list':
      return Array.isArray(value) ? visitList(type, value, path, mistakes) : say(`expected list, got ${plain(value)}`)
    default:
      if (!isObject(value)) return say(`expected map, got ${plain(value)}`)
      for (const name in value) {
        const inner = childType(type, name)
        const at = `${path}.${name}`
        if (inner) visit(inner, value[name], at, mistakes)
        // Nothing more is said of a map with a field that is not known.
        else return void mistakes.push(`${at}: field not declared in schema`)
      }
  }
}

function scalarMistake(scalar: string, value: unknown): string | undefined {
  switch (scalar) {
    case 'any':
      return isObject(value) || Array.isArray(value) ? `expected any scalar, got ${plain(value)}` : undefined
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got ${exact(value)}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${plain(value)}`
    default:
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
  }
}

function visitList(type: ListType, value: readonly unknown[], path: string, mistakes: string[]): void {
  const seen = new Set<string>()
  for (const [position, item] of value.entries()) {
    let at = `${path}[${position}]`
    if (type.listType !== 'atomic') {
      try {
        const element = itemElement(type, item)
        at = `${path}${printElement(element)}`
        if (seen.has(element)) mistakes.push(`${path}: duplicate entries for key ${printElement(element)}`)
        seen.add(element)
      } catch (error) {
        if (!(error instanceof KeyError)) throw error
        // What has no key cannot be told from others: the list is not looked at further.
        return void mistakes.push(`${path}: element ${position}: ${error.message}`)
      }
    }
    visit(type.element, item, at, mistakes)
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** As Go prints a pointer to a struct that holds the value. */
const plain = (value: unknown): string => `&{${printGo(value)}}`

/** As Go prints it with its types. */
const exact = (value: unknown): string => `&value.valueUnstructured{Value:${printTyped(value)}}`

function printTyped(value: unknown): string {
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(printTyped).join(', ')}}`
  if (!isObject(value)) return typeof value === 'string' ? quoteGo(value) : JSON.stringify(value)
  const entries = Object.keys(value).sort()
  return `map[string]interface {}{${entries.map((key) => `${quoteGo(key)}:${printTyped(value[key])}`).join(', ')}}`
}
