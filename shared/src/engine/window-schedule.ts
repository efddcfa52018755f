import { zoneOffset } from '../lang/zone-offset.ts'

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

/** When a sync window opens. */
export interface Schedule {
  /** The first start after a moment, in milliseconds; undefined where there is none within five years. */
  readonly next: (after: number) => number | undefined
}

interface Numbers {
  readonly has: ReadonlySet<number>
  /** All of them, by a star without a step. */
  readonly any: boolean
}

/**
 * The schedule of a sync window in UTC, or in the zone it begins with: five fields as Argo CD reads them, which knows no
 * `@hourly`, no day 7, and none of cron's later inventions. Throws in its words where it cannot be read.
 */
export function readSchedule(text: string): Schedule {
  if (text === '') throw new Error('empty spec string')
  const [, zone, rest = text] = /^(?:CRON_)?TZ=(\S*) (.*)$/s.exec(text) ?? []
  const offsetAt = zoneOffset(zone ?? '')
  if (!offsetAt) {
    throw new Error(`provided bad location ${zone}: unknown time zone ${zone}`)
  }
  if (rest.trim().startsWith('@')) throw new Error(`parser does not accept descriptors: ${rest.trim()}`)
  const parts = rest.split(/\s+/).filter((part) => part !== '')
  if (parts.length !== fields.length) {
    throw new Error(`expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(' ')}]`)
  }
  const numbers = fields.map((field, index) => readField(parts[index] ?? '', field))
  return {
    next: (after) => {
      const offset = offsetAt(after)
      const start = nextStart(numbers, after + offset)
      return start === undefined ? undefined : start - offset
    },
  }
}

/** What is wrong with a schedule; undefined where nothing is. */
export function scheduleProblem(text: string): string | undefined {
  try {
    readSchedule(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The first minute that fits, from the second after the given moment on. */
function nextStart(numbers: readonly Numbers[], after: number): number | undefined {
  const [minutes, hours, days, months, weekdays] = numbers as readonly [Numbers, Numbers, Numbers, Numbers, Numbers]
  let at = new Date(Math.ceil((Math.floor(after / 1000) * 1000 + 1000) / 60_000) * 60_000)
  const last = at.getUTCFullYear() + 5
  while (at.getUTCFullYear() <= last) {
    const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()]
    const both = [days.has.has(day), weekdays.has.has(at.getUTCDay())]
    if (!months.has.has(month + 1)) at = new Date(Date.UTC(year, month + 1))
    // Days of the month and of the week are alternatives, unless one of them is any.
    else if (!(days.any || weekdays.any ? both.every(Boolean) : both.some(Boolean))) {
      at = new Date(Date.UTC(year, month, day + 1))
    } else if (!hours.has.has(hour)) at = new Date(Date.UTC(year, month, day, hour + 1))
    else if (!minutes.has.has(at.getUTCMinutes())) at = new Date(at.getTime() + 60_000)
    else return at.getTime()
  }
  return undefined
}

function readField(text: string, field: Field): Numbers {
  const ranges = text.split(',').filter((part) => part !== '')
  const found = ranges.map((part) => readRange(part, field))
  return { has: new Set(found.flatMap(({ has }) => [...has])), any: found.some(({ any }) => any) }
}

function readRange(text: string, field: Field): Numbers {
  const [range = '', step, ...slashes] = text.split('/')
  const [from = '', to, ...hyphens] = range.split('-')
  const star = from === '*' || from === '?'
  const first = star ? field.least : numberOf(from, field)
  if (!star && hyphens.length > 0) throw new Error(`too many hyphens: ${text}`)
  let last = star ? field.most : to === undefined ? first : numberOf(to, field)
  if (slashes.length > 0) throw new Error(`too many slashes: ${text}`)
  const by = step === undefined ? 1 : integer(step)
  // A number with a step goes on to the end.
  if (step !== undefined && to === undefined) last = field.most
  if (first < field.least) throw new Error(`beginning of range (${first}) below minimum (${field.least}): ${text}`)
  if (last > field.most) throw new Error(`end of range (${last}) above maximum (${field.most}): ${text}`)
  if (first > last) throw new Error(`beginning of range (${first}) beyond end of range (${last}): ${text}`)
  if (by === 0) throw new Error(`step of range should be a positive number: ${text}`)
  const has = new Set<number>()
  for (let number = first; number <= last; number += by) has.add(number)
  return { has, any: star && by === 1 }
}

function numberOf(text: string, { least, names }: Field): number {
  const name = names.indexOf(text.toLowerCase())
  return name >= 0 ? least + name : integer(text)
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  const number = Number(text)
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${text}`)
  return number
}
