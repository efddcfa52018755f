/** Which of two comes first, for sorting; texts go by their characters, in no language's order. */
export function inOrder<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Texts in the order of their bytes, as Go has it. */
export function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Orders entries by their keys. */
export function byKey([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return inOrder(a, b)
}

/** Orders by what is told of each. */
export function orderedBy<T>(of: (item: T) => string | number | bigint): (a: T, b: T) => number {
  return (a, b) => inOrder(of(a), of(b))
}
