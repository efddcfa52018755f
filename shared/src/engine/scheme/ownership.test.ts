import { expect, test } from 'vitest'
import { definitions } from '../../apiserver/schema/builtin.ts'
import type { RawSchema } from '../../apiserver/schema/types.ts'

test('how lists and maps of known types are owned is what their published schemas say', async () => {
  const table: Record<string, Record<string, string>> = {}
  for (const [name, schema] of Object.entries(definitions)) {
    const marks = marksOf(schema)
    if (Object.keys(marks).length > 0) table[name.split('.').slice(-3).join('.')] = marks
  }
  // `vitest -u` writes the table anew.
  await expect(`${JSON.stringify(table, undefined, 2)}\n`).toMatchFileSnapshot('./ownership.json')
})

function marksOf(schema: RawSchema): Record<string, string> {
  const marks: Record<string, string> = {}
  if (schema['x-kubernetes-map-type'] === 'atomic') marks['.'] = 'atomic'
  for (const [field, property] of Object.entries(schema.properties ?? {})) {
    const mark = markOf(property)
    if (mark !== undefined) marks[field] = mark
  }
  return marks
}

function markOf(property: RawSchema): string | undefined {
  if (property['x-kubernetes-map-type'] === 'atomic') return 'atomic'
  const listType = property['x-kubernetes-list-type']
  if (listType !== 'map') return listType === 'set' ? 'set' : undefined
  const reference = property.items?.$ref ?? property.items?.allOf?.find((part) => part.$ref)?.$ref ?? ''
  const element = definitions[reference.slice(reference.lastIndexOf('/') + 1)]
  const keys = (property['x-kubernetes-list-map-keys'] ?? []).map((key) => {
    const value = element?.properties?.[key]?.default
    return typeof value === 'string' && value !== '' ? `${key}=${value}` : key
  })
  return ['map', ...keys].join(' ')
}
