import { isObject, jsonClone, type JsonObject } from '@flotilla/shared/lang/json'
import { byKey } from '@flotilla/shared/lang/order'
import { plainKey, select } from './fill.ts'
import type { Shape } from './scenario.ts'

/** Brings an answer into the form of the recordings: what has no fixed order is sorted, what says nothing is blanked. */
export function canonical(answer: unknown, shape: Shape): unknown {
  let value = jsonClone(answer)
  if (shape.pick)
    value = Object.fromEntries(shape.pick.map((pointer) => [pointer, holesAsNull(select(value, pointer))]))
  for (const pointer of shape.ignore ?? []) edit(value, pointer, () => '<any>')
  for (const pointer of shape.sort ?? [])
    edit(value, pointer, (list) => (Array.isArray(list) ? sorted(list, sortKey) : list))
  const isConflict = isObject(value) && String(value['message']).startsWith('Apply failed with')
  if (isObject(value) && (shape.unordered || isConflict)) sortCauses(value, isConflict)
  return shaped(value)
}

const holesAsNull = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((item: unknown) => (item === undefined ? null : holesAsNull(item))) : value

function sorted<T>(list: readonly T[], keyOf: (item: T) => string): T[] {
  return list
    .map((item) => [keyOf(item), item] as const)
    .toSorted(byKey)
    .map(([, item]) => item)
}

function sortKey(value: unknown): string {
  if (!isObject(value)) return String(value)
  const meta = value['metadata']
  if (isObject(meta)) return JSON.stringify([meta['namespace'], meta['name']])
  return JSON.stringify(sorted(Object.entries(value), String))
}

/** Changes what is at a pointer, where it is; `*` stands for every key. */
function edit(value: unknown, pointer: string, change: (old: unknown) => unknown): void {
  const [, token = '', ...rest] = pointer.split('/')
  if (typeof value !== 'object' || value === null) return
  const node = value as JsonObject
  for (const key of token === '*' ? Object.keys(node) : [plainKey(token)]) {
    if (!(key in node)) continue
    if (rest.length > 0) edit(node[key], `/${rest.join('/')}`, change)
    else node[key] = change(node[key])
  }
}

/** Causes of a refusal come in no fixed order, and its message lists them in that order. */
function sortCauses(status: JsonObject, isConflict: boolean): void {
  const details = status['details']
  const causes = isObject(details)
    ? (details['causes'] as { field?: string; message?: string }[] | undefined)
    : undefined
  if (!isObject(details) || !Array.isArray(causes) || causes.length < 2) return
  const message = String(status['message'])
  if (isConflict) {
    details['causes'] = sorted(causes, (cause) => `${cause.message} ${cause.field}`)
    const start = message.indexOf(': ') + 2
    const parts = message.slice(start).split(/\n(?=conflicts? with )/)
    status['message'] = message.slice(0, start) + parts.toSorted().join('\n')
    return
  }
  const textOf = (cause: { field?: string; message?: string }): string => `${cause.field}: ${cause.message}`
  const inOrder = sorted(causes, textOf)
  details['causes'] = inOrder
  const listed = `[${causes.map(textOf).join(', ')}]`
  if (message.includes(listed)) status['message'] = message.replace(listed, () => `[${inOrder.map(textOf).join(', ')}]`)
  else if (message.includes('[')) status['message'] = `${message.slice(0, message.indexOf('['))}<any>`
}

function shaped(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 5000 ? `<long:${value.length}>` : value
  if (Array.isArray(value)) return value.map(shaped)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const [key, item] of Object.entries(value)) {
    // The server orders them by second.
    const isManagers = key === 'managedFields' && Array.isArray(item)
    copy[key] = shaped(isManagers ? sorted(item, managerKey) : item)
  }
  if (value['kind'] === 'Table') shapeTable(copy)
  return copy
}

function managerKey(entry: unknown): string {
  const { operation, subresource = '', manager, apiVersion } = isObject(entry) ? entry : {}
  return JSON.stringify([operation, subresource, manager, apiVersion])
}

const ageColumn = /^(Age|Last Seen|First Seen|Duration|Last Schedule)$/i
const age = /^(\d+(s|m|h|d|y|ms))+$/

/** Ages differ from run to run, and what columns mean is prose. */
function shapeTable(table: JsonObject): void {
  const { columnDefinitions: columns, rows } = table
  if (!Array.isArray(columns)) return
  const isAge = columns.map((column) => isObject(column) && ageColumn.test(String(column['name'])))
  for (const column of columns) if (isObject(column)) delete column['description']
  for (const row of Array.isArray(rows) ? rows : [])
    if (isObject(row) && Array.isArray(row['cells']))
      row['cells'] = row['cells'].map((cell: unknown, index) =>
        isAge[index] && typeof cell === 'string' && age.test(cell) ? '<age>' : cell,
      )
}
