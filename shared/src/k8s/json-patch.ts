import type { JsonObject } from '../lang/json.ts'
import { isObject, jsonClone, jsonEqual } from '../lang/json.ts'
import { parsePointer } from './pointer.ts'

/** A JSON patch that cannot be applied. */
export class JsonPatchError extends Error {}

/** RFC 6902, all or nothing; the document is not changed. Throws `JsonPatchError`. */
export function jsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  const holder = { root: jsonClone(document) }
  for (const operation of operations) applyOperation(holder, operation)
  return holder.root
}

interface Holder {
  root: unknown
}

function applyOperation(holder: Holder, operation: unknown): void {
  if (!isObject(operation)) throw new JsonPatchError('operation is no object')
  const path = tokens(operation, 'path')
  switch (operation['op']) {
    case 'add':
      // The whole document is nobody's to replace.
      if (path.length === 0) throw new JsonPatchError('the document cannot be added')
      return add(holder, path, value(operation))
    case 'remove':
      remove(holder, path)
      return
    case 'replace':
      return replace(holder, path, value(operation))
    case 'move': {
      const from = tokens(operation, 'from')
      return add(holder, path, moved(holder, from))
    }
    case 'copy':
      return add(holder, path, jsonClone(read(holder, tokens(operation, 'from'))))
    case 'test':
      return test(holder, path, operation['value'])
    default:
      throw new JsonPatchError(`Unexpected kind: ${String(operation['op'])}`)
  }
}

/** A missing member moves as null, as the API's library has it. */
function moved(holder: Holder, from: readonly string[]): unknown {
  const { container, token } = parent(holder, from)
  return isObject(container) && !(token in container) ? null : remove(holder, from)
}

function test(holder: Holder, path: readonly string[], expected: unknown): void {
  let actual: unknown
  try {
    actual = read(holder, path)
  } catch (error) {
    // A missing member counts as null.
    if (expected !== null || !(error instanceof JsonPatchError)) throw error
    actual = null
  }
  if (!jsonEqual(actual, expected ?? null))
    throw new JsonPatchError(`testing value ${path.join('/')} failed: test failed`)
}

function value(operation: JsonObject): unknown {
  // The API's library takes an absent value for null.
  return jsonClone(operation['value'] ?? null)
}

function tokens(operation: JsonObject, key: string): string[] {
  const pointer = operation[key]
  // As the API's library has it, what stands before the first slash is not looked at.
  const parsed =
    typeof pointer === 'string' && (pointer === '' || pointer.includes('/'))
      ? parsePointer(pointer.slice(Math.max(0, pointer.indexOf('/'))))
      : undefined
  if (!parsed) throw new JsonPatchError(`bad ${key}`)
  return parsed
}

function read(holder: Holder, path: readonly string[]): unknown {
  let current: unknown = holder.root
  for (const token of path) {
    if (Array.isArray(current)) current = (current as unknown[])[arrayIndex(token, current.length - 1)]
    else if (isObject(current) && token in current) current = current[token]
    else throw new JsonPatchError(`missing path ${path.join('/')}`)
  }
  return current
}

function arrayIndex(token: string, last: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(token)) throw new JsonPatchError(`no index: ${token}`)
  const index = Number(token)
  // Negative indices count from the end.
  const at = index < 0 ? index + last + 1 : index
  if (at < 0 || at > last) throw new JsonPatchError(`index out of bounds: ${token}`)
  return at
}

function parent(holder: Holder, path: readonly string[]): { container: unknown; token: string } {
  return { container: read(holder, path.slice(0, -1)), token: path.at(-1) ?? '' }
}

function add(holder: Holder, path: readonly string[], added: unknown): void {
  if (path.length === 0) {
    holder.root = added
    return
  }
  const { container, token } = parent(holder, path)
  if (Array.isArray(container)) {
    if (token === '-') container.push(added)
    else container.splice(arrayIndex(token, container.length), 0, added)
  } else if (isObject(container)) container[token] = added
  else throw new JsonPatchError(`missing path ${path.join('/')}`)
}

function replace(holder: Holder, path: readonly string[], replacement: unknown): void {
  if (path.length === 0) {
    holder.root = replacement
    return
  }
  const { container, token } = parent(holder, path)
  if (Array.isArray(container)) container[arrayIndex(token, container.length - 1)] = replacement
  else if (isObject(container)) container[token] = replacement
}

function remove(holder: Holder, path: readonly string[]): unknown {
  const removed = read(holder, path)
  const { container, token } = parent(holder, path)
  if (Array.isArray(container)) container.splice(arrayIndex(token, container.length - 1), 1)
  else if (isObject(container)) delete container[token]
  return removed
}
