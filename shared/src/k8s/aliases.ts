/**
 * Throws where most of what a document says is said by pointing at what it said before: a few such lines can stand for more
 * than there is memory. The measure and the words are those of Go's YAML.
 */
export function checkAliases(document: unknown): void {
  const seen = new Set<object>()
  let all = 0
  let aliased = 0
  const visit = (value: unknown, within: boolean): void => {
    const isObject = typeof value === 'object' && value !== null
    const isAlias = within || (isObject && seen.has(value))
    all++
    if (isAlias) aliased++
    if (aliased > 100 && all > 1_000 && aliased / all > mostOf(all))
      throw new Error('document contains excessive aliasing')
    if (!isObject) return
    seen.add(value)
    for (const child of childrenOf(value)) visit(child, isAlias)
  }
  visit(document, false)
}

const low = 400_000
const high = 4_000_000

/** How much of a document may be aliases: nearly all of a small one, a tenth of a large one. */
function mostOf(all: number): number {
  if (all <= low) return 0.99
  return all >= high ? 0.1 : 0.99 - 0.89 * ((all - low) / (high - low))
}

function* childrenOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) yield* value as Iterable<unknown>
  else if (value instanceof Map) for (const [key, item] of value) yield* [key, item]
  else if (!ArrayBuffer.isView(value)) for (const [key, item] of Object.entries(value)) yield* [key, item]
}
