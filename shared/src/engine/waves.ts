/**
 * The waves of objects to prune, turned round: the highest goes first, in the place of the lowest. Waves that nothing
 * prunes in stay out of it, so pruning keeps its place among the waves that apply.
 */
export function mirroredWaves(waves: readonly number[]): ReadonlyMap<number, number> {
  const sorted = [...new Set(waves)].sort((a, b) => a - b)
  return new Map(sorted.map((wave, index) => [wave, sorted[sorted.length - 1 - index] ?? wave]))
}
