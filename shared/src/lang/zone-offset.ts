/** Tells how far a time zone is ahead of UTC at a moment, in milliseconds; undefined where there is no such zone. No name is UTC. */
export function zoneOffset(zone: string): ((at: number) => number) | undefined {
  if (zone === '' || zone === 'UTC') return () => 0
  // Names are those of files, which have their case.
  if (!/^[A-Z]\w*(?:[/+-][A-Z0-9][\w+-]*)*$/.test(zone)) return undefined
  try {
    const format = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: zone })
    return (at) => offsetIn(format, at)
  } catch {
    return undefined
  }
}

function offsetIn(format: Intl.DateTimeFormat, at: number): number {
  const found = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const field = (name: string): number => found[name] ?? 0
  const wall = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  )
  return wall - Math.floor(at / 1000) * 1000
}

const parts = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const
