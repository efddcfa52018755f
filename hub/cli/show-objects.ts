import type { KubeObject } from '@flotilla/shared/k8s/object'
import { structured, unknownFormat } from './print.ts'
import { table } from './table.ts'

export interface ShowFlags {
  readonly output: string
  readonly filterFields?: string
  readonly showManagedFields?: boolean
  readonly resourceName?: string
}

/** Objects as YAML, JSON, or one flat row a field. */
export function showObjects(objects: readonly KubeObject[], flags: ShowFlags): string {
  const fields = flags.filterFields?.split(',').filter(Boolean)
  const shown = objects.map((object) => {
    const whole = flags.showManagedFields ? object : withoutManagers(object)
    return fields ? only(whole, fields) : whole
  })
  if (flags.output === 'json' || flags.output === 'yaml') {
    return shown.map((object) => structured(flags.output, object) ?? '').join('---\n')
  }
  if (flags.output !== 'wide' && flags.output !== '') throw unknownFormat(flags.output)
  const named = flags.resourceName === undefined
  const rows = shown.flatMap((object, index) => {
    const name = objects[index]?.metadata.name ?? ''
    return flat('', object).map(([field, value]) => (named ? [field, name, value] : [field, value]))
  })
  return table([named ? ['FIELD', 'RESOURCE NAME', 'VALUE'] : ['FIELD', 'VALUE'], ...rows])
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** The fields that are named; one below a list is taken of each element. */
function only(object: unknown, fields: readonly string[]): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const field of fields) merge(result, pick(object, field.split('.')))
  return result
}

function pick(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value
  if (Array.isArray(value)) return value.map((each: unknown) => pick(each, [first, ...rest]))
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return undefined
  const found = pick((value as Record<string, unknown>)[first], rest)
  return found === undefined ? undefined : { [first]: found }
}

function merge(target: Record<string, unknown>, source: unknown): void {
  if (typeof source !== 'object' || source === null) return
  for (const [key, value] of Object.entries(source)) {
    const before = target[key]
    const both = typeof before === 'object' && before !== null && !Array.isArray(before)
    if (both) merge(before as Record<string, unknown>, value)
    else target[key] = value
  }
}

function flat(prefix: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((each, index) => flat(`${prefix}[${index}]`, each))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, each]) => flat(prefix === '' ? key : `${prefix}.${key}`, each))
  }
  return [[prefix, value === null ? '<nil>' : String(value as string | number | boolean | undefined)]]
}
