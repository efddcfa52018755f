import { Cron } from 'croner'

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Field {
  readonly least: number
  readonly most: number
  /** Names of the numbers from `least` on. */
  readonly names: readonly string[]
}

const fields: readonly Field[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: monthNames },
  { least: 0, most: 6, names: dayNames },
]

/**
 * The schedule of a sync window: five fields as Argo CD reads them, which knows no `@hourly`, no day 7, and none of
 * cron's later inventions. Undefined where it cannot be read. A zone that does not exist counts as UTC.
 */
export function readSchedule(text: string, timeZone: string | undefined): Cron | undefined {
  const [, zone, rest = text] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text) ?? []
  if (zone !== undefined && !isZone(zone)) return undefined
  const parts = rest.trim().split(/\s+/)
  if (parts.length !== fields.length || !fields.every((field, index) => isField(parts[index] ?? '', field))) {
    return undefined
  }
  const timezone = zone ?? (timeZone && isZone(timeZone) ? timeZone : 'UTC')
  try {
    return new Cron(parts.map((part) => part.replaceAll('?', '*')).join(' '), {
      paused: true,
      timezone,
      mode: '5-part',
    })
  } catch {
    return undefined
  }
}

function isField(text: string, field: Field): boolean {
  return text.split(',').every((part) => {
    const [range = '', step, ...more] = part.split('/')
    if (more.length > 0 || (step !== undefined && !(Number(step) > 0 && /^\d+$/.test(step)))) return false
    if (range === '*' || range === '?') return true
    const [from = '', to, ...rest] = range.split('-')
    const first = numberIn(from, field)
    const last = to === undefined ? first : numberIn(to, field)
    return rest.length === 0 && first !== undefined && last !== undefined && first <= last
  })
}

function numberIn(text: string, { least, most, names }: Field): number | undefined {
  const name = names.indexOf(text.toLowerCase())
  const value = name >= 0 ? least + name : /^\d+$/.test(text) ? Number(text) : undefined
  return value !== undefined && value >= least && value <= most ? value : undefined
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
