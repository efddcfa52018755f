const second = 1000

/**
 * How long to wait until a good part of a second lies ahead, at most half of one. Recordings that tell times apart count
 * on requests that follow each other at once falling into the same second.
 */
export function msUntilEarly(now: number): number {
  const past = now % second
  // A timer may fire a moment too soon.
  return past < second / 2 ? 0 : second - past + 2
}
