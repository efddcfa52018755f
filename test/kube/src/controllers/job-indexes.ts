/** Reads `0-2,5` as the numbers it stands for. */
export function parseIndexes(text = ''): number[] {
  return text.split(',').flatMap((part) => {
    if (part === '') return []
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
  })
}

/** Writes numbers as ranges: `0-2,5`; two neighbours stay apart, as in `0,1`. */
export function formatIndexes(indexes: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const index of [...new Set(indexes)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return ranges
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',')
}

/** The first `limit` of the indexes below `completions` that are not taken. */
export function missingIndexes(completions: number, taken: readonly number[], limit: number): number[] {
  const busy = new Set(taken)
  return Array.from({ length: completions }, (_, index) => index)
    .filter((index) => !busy.has(index))
    .slice(0, limit)
}
