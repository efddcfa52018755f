import { sortedJson } from '../../k8s/structured/path-element.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { KindTable } from '../resource.ts'
import { age } from '../tables/columns.ts'
import { fieldsList, isFields, textOf, type Fields } from '../validation/values.ts'

const nameColumn = { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }

/** The Table of a custom resource: its printer columns, or the age alone. */
export function customTable(version: Fields): KindTable {
  const given = fieldsList(version['additionalPrinterColumns'])
  const wanted = given.length > 0 ? given : [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]
  return {
    columns: [
      nameColumn,
      ...wanted.map((column) => ({
        name: textOf(column['name']),
        type: textOf(column['type']),
        format: textOf(column['format']),
        description: textOf(column['description']),
        priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
      })),
    ],
    cells: (object, now) => [object.metadata.name, ...wanted.map((column) => cell(object, column, now))],
  }
}

function cell(object: KubeObject, column: Fields, now: number): unknown {
  const [value] = readPath(object, textOf(column['jsonPath']))
  if (value === undefined || value === null) return null
  switch (column['type']) {
    case 'date':
      return typeof value === 'string' ? age(value, now) : null
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    default:
      return typeof value === 'string' ? value : sortedJson(value)
  }
}

/** All values at a simple JSON path: fields, indexes, `[*]` and `[?(@.field=="value")]`. */
export function readPath(object: unknown, path: string): unknown[] {
  const steps = path.replace(/^\{|\}$/g, '').match(/\[\?\(@\.[^\]]*\)\]|\[[^\]]*\]|\.?(?:\\\.|[^.[])+/g) ?? []
  let values: unknown[] = [object]
  for (const step of steps) values = values.flatMap((value) => readStep(value, step))
  return values
}

function readStep(value: unknown, step: string): unknown[] {
  const filter = /^\[\?\(@\.([\w.-]+)\s*==\s*["']?(.*?)["']?\)\]$/.exec(step)
  if (filter !== null) {
    const items = Array.isArray(value) ? value : []
    return items.filter((item) => readPath(item, `.${filter[1] ?? ''}`).some((found) => String(found) === filter[2]))
  }
  if (step.startsWith('[')) {
    const inner = step.slice(1, -1).replace(/^['"]|['"]$/g, '')
    if (inner === '*') return Array.isArray(value) ? value : isFields(value) ? Object.values(value) : []
    if (Array.isArray(value)) {
      const index = Number(inner)
      const item: unknown = value[index < 0 ? value.length + index : index]
      return item === undefined ? [] : [item]
    }
    return isFields(value) && inner in value ? [value[inner]] : []
  }
  const name = step.replace(/^\./, '').replaceAll('\\.', '.')
  return isFields(value) && name in value ? [value[name]] : []
}
