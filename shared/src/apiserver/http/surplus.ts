import { duplicateFields, inTextOrder } from '../../k8s/duplicate-fields.ts'
import { inOrder } from '../../lang/order.ts'

/** Of built-in kinds, what is wrong with fields is told as the reader of the body meets it; it meets YAML by name. */
export function surplusOf(
  text: string,
  type: string | undefined,
  duplicates: readonly string[],
): (unknown: readonly string[]) => readonly string[] {
  const told = (path: string): string => `unknown field "${path}"`
  if (type?.startsWith('application/yaml') === true)
    return (unknown) => [...duplicates, ...unknown.toSorted(byName).map(told)]
  if (duplicates.length === 0) return (unknown) => unknown.map(told)
  return (unknown) =>
    inTextOrder(text, duplicateFields(text), unknown).map(({ path, doubled }) =>
      doubled ? `duplicate field "${path}"` : told(path),
    )
}

/** Paths name by name, items by number. */
function byName(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => path.split(/[.[\]]+/)) as [string[], string[]]
  for (const [index, name] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (name === other) continue
    if (/^\d+$/.test(name) && /^\d+$/.test(other)) return Number(name) - Number(other)
    return inOrder(name, other)
  }
  return 0
}
