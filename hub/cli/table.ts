/** Lays rows out in columns, two blanks apart; blanks at a line's end go. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
        .join('')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** A label and its value, the way Argo CD's summaries have them. */
export function field(name: string, value: string, width = 20): string {
  return `${name.padEnd(width)}${value}`.trimEnd() + '\n'
}

/** RFC 3339 in UTC with a numeric zone, as Argo CD prints times. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')
}

/** `2006-01-02 15:04:05 +0000 UTC`. */
export function longTime(text: string): string {
  return `${text.slice(0, 10)} ${text.slice(11, 19)} +0000 UTC`
}

/** Seconds as Go prints durations: `1m5s`, `400ms`. */
export function span(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`
  const seconds = Math.floor(ms / 1000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = `${seconds % 60}s`
  if (hours > 0) return `${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${minutes}m${rest}` : rest
}

/** Age in one unit: `5s`, `3m`, `2h`, `4d`. */
export function age(fromMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - fromMs) / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}
