import type { Phase } from './phases.ts'

/** The bars of the design for a thousand applications. */
const bars: Readonly<Record<Phase['name'], string>> = {
  'first apply': '≤ 1.5 × floor; hub + agents ≤ 10 CPU s; ≤ 5 requests each',
  'all change': '≤ 1.5 × floor',
  'one changes': '≤ 1 s; ≤ 0.3 CPU s in all',
  'drift storm': '≤ 2 × floor',
  idle: '5 min: ≤ 1 CPU s; no requests but watches',
}

const columns = [
  'phase',
  'wall s',
  '× floor',
  'apps/s',
  'hub s',
  'agents s',
  'cluster s',
  'hub MiB',
  'agent MiB',
  'hub writes',
  'requests',
  'bar',
]

/** A table of what was measured, with the bars beside it. */
export function phaseTable(title: string, applications: number, phases: readonly Phase[]): string {
  const rows = phases.map(({ name, cost, floor }) => {
    const requests = Object.entries(cost.requests ?? {}).map(([verb, count]) => `${verb} ${count}`)
    return [
      name,
      cost.seconds.toFixed(2),
      floor === undefined ? '' : (cost.seconds / floor).toFixed(2),
      name === 'one changes' || name === 'idle' ? '' : (applications / cost.seconds).toFixed(0),
      cost.hub.cpuSeconds.toFixed(2),
      cost.agents.cpuSeconds.toFixed(2),
      cost.cluster?.cpuSeconds.toFixed(2) ?? '',
      cost.hub.peakMiB.toFixed(0),
      cost.agents.peakMiB.toFixed(0),
      String(cost.writes),
      requests.join(' '),
      bars[name],
    ]
  })
  return `${title}\n${plainTable([columns, ...rows])}\n`
}

/** Columns as wide as they need to be. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd() + '\n')
    .join('')
}

/** One thing that was measured against one bar. */
export interface Row {
  readonly what: string
  readonly got: number
  /** Absent: nobody has set one. */
  readonly bar: number | undefined
  readonly unit: string
  /** More is better. */
  readonly more: boolean
}

/** Each row with its bar, and whether that is met. */
export function barTable(title: string, rows: readonly Row[]): string {
  const cells = rows.map(({ what, got, bar, unit, more }) => {
    if (bar === undefined) return [what, got.toFixed(0), unit, '', '']
    const digits = bar < 10 ? 2 : 0
    return [
      what,
      got.toFixed(digits),
      unit,
      `${more ? '≥' : '≤'} ${bar}`,
      (more ? got >= bar : got <= bar) ? 'met' : 'MISSED',
    ]
  })
  return `${title}\n${plainTable(cells)}\n`
}
