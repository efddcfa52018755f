/** Options of a cache (lru-cache) that keeps so many entries: its own `max` sets the room for all of them aside at once. */
export const upTo = (entries: number): { maxSize: number; sizeCalculation: () => number } => ({
  maxSize: entries,
  sizeCalculation: () => 1,
})
