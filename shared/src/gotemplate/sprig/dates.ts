import { formatGoDuration, parseGoDuration } from '../../lang/go-duration.ts'
import { fn, type Functions } from '../functions.ts'
import { Int64, integerOf, isInteger, type Opaque, type Value } from '../values.ts'
import { integer, text } from './cast.ts'

/** A moment, as Go's `time.Time`. */
export class GoTime implements Opaque {
  readonly goType = 'time.Time'
  readonly at: number

  constructor(at: number) {
    this.at = at
  }

  field(name: string): Value {
    const date = new Date(this.at)
    const known: Readonly<Record<string, Value>> = {
      Year: BigInt(date.getUTCFullYear()),
      Month: months[date.getUTCMonth()],
      Day: BigInt(date.getUTCDate()),
      Hour: BigInt(date.getUTCHours()),
      Minute: BigInt(date.getUTCMinutes()),
      Second: BigInt(date.getUTCSeconds()),
      Weekday: days[date.getUTCDay()],
    }
    if (Object.hasOwn(known, name)) return known[name]
    if (name === 'Unix') return new Int64(Math.floor(this.at / 1000))
    throw new Error(`can't evaluate field ${name} in type time.Time`)
  }

  toString(): string {
    return format('2006-01-02 15:04:05 -0700 MST', this.at, 'UTC')
  }
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
/** The zero time of Go: the first of January of the year 1. */
const zero = -62_135_596_800_000

const pieces =
  /January|Jan|Monday|Mon|MST|2006|-07:00|-0700|-07|Z07:00|01|02|03|04|05|06|002|15|PM|pm|_2|\.0+|\.9+|1|2|3|4|5/g

/** A moment in Go's layout, in a zone; an unknown zone is UTC. */
export function format(layout: string, at: number, zone: string): string {
  const offset = offsetOf(at, zone)
  const local = new Date(at + offset * 60_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const hour12 = local.getUTCHours() % 12 || 12
  const sign = offset < 0 ? '-' : '+'
  const [hours, minutes] = [two(Math.floor(Math.abs(offset) / 60)), two(Math.abs(offset) % 60)]
  const month = months[local.getUTCMonth()] ?? ''
  const day = days[local.getUTCDay()] ?? ''
  const year = local.getUTCFullYear()
  const start = Date.UTC(year, 0, 0)
  const known: Readonly<Record<string, string>> = {
    January: month, Jan: month.slice(0, 3), Monday: day, Mon: day.slice(0, 3), MST: nameOf(at, zone, offset),
    '2006': String(year).padStart(4, '0'), '06': two(year % 100), '01': two(local.getUTCMonth() + 1), '1': String(local.getUTCMonth() + 1),
    '02': two(local.getUTCDate()), '2': String(local.getUTCDate()), _2: String(local.getUTCDate()).padStart(2), '15': two(local.getUTCHours()),
    '03': two(hour12), '3': String(hour12), '04': two(local.getUTCMinutes()), '4': String(local.getUTCMinutes()), '05': two(local.getUTCSeconds()),
    '5': String(local.getUTCSeconds()), PM: local.getUTCHours() < 12 ? 'AM' : 'PM', pm: local.getUTCHours() < 12 ? 'am' : 'pm',
    '-0700': `${sign}${hours}${minutes}`, '-07:00': `${sign}${hours}:${minutes}`, '-07': `${sign}${hours}`,
    'Z07:00': offset === 0 ? 'Z' : `${sign}${hours}:${minutes}`, '002': String(Math.floor((local.getTime() - start) / 86_400_000)).padStart(3, '0'),
  } // prettier-ignore
  return layout.replace(pieces, (piece) => known[piece] ?? (piece.startsWith('.') ? fraction(piece, local) : piece))
}

function fraction(piece: string, local: Date): string {
  const digits = String(local.getUTCMilliseconds())
    .padStart(3, '0')
    .padEnd(piece.length - 1, '0')
    .slice(0, piece.length - 1)
  if (piece.startsWith('.0')) return `.${digits}`
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : `.${trimmed}`
}

/** Minutes east of Greenwich. */
function offsetOf(at: number, zone: string): number {
  const name = part(at, zone, 'longOffset')
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name)
  if (!match) return 0
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

function nameOf(at: number, zone: string, offset: number): string {
  return offset === 0 && /^(UTC|Local|)$/.test(zone) ? 'UTC' : part(at, zone, 'short')
}

function part(at: number, zone: string, style: 'longOffset' | 'short'): string {
  const timeZone = zone === '' || zone === 'Local' ? 'UTC' : zone
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: style })
    return format.formatToParts(new Date(at)).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
  } catch {
    return 'UTC'
  }
}

/** A text in Go's layout; undefined where it is none. */
function parse(layout: string, value: string): number | undefined {
  const names: string[] = []
  const classes: Readonly<Record<string, string>> = {
    '2006': String.raw`(\d{4})`, '01': String.raw`(\d{2})`, '1': String.raw`(\d{1,2})`, '02': String.raw`(\d{2})`, '2': String.raw`(\d{1,2})`,
    '15': String.raw`(\d{2})`, '04': String.raw`(\d{2})`, '05': String.raw`(\d{2})`, Jan: '([A-Z][a-z]{2})', January: '([A-Z][a-z]+)',
    'Z07:00': String.raw`(Z|[+-]\d{2}:\d{2})`, '-0700': String.raw`([+-]\d{4})`, '-07:00': String.raw`([+-]\d{2}:\d{2})`, MST: '([A-Z]{3,4})',
    Mon: '([A-Z][a-z]{2})', Monday: '([A-Z][a-z]+)', '03': String.raw`(\d{2})`, '3': String.raw`(\d{1,2})`, PM: '([AP]M)', _2: String.raw`([ \d]\d)`,
  } // prettier-ignore
  let source = ''
  let start = 0
  for (const match of layout.matchAll(pieces)) {
    source += escape(layout.slice(start, match.index)) + (classes[match[0]] ?? escape(match[0]))
    if (classes[match[0]]) names.push(match[0])
    start = match.index + match[0].length
  }
  const found = new RegExp(`^${source}${escape(layout.slice(start))}$`, 'u').exec(value)
  if (!found) return undefined
  const given = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']))
  const number = (...keys: string[]): number | undefined => {
    const key = keys.find((each) => given[each] !== undefined)
    return key === undefined ? undefined : Number(given[key])
  }
  const named = given['January'] ?? given['Jan']
  const month = named === undefined ? (number('01', '1') ?? 1) - 1 : months.findIndex((each) => each.startsWith(named))
  const day = number('02', '2', '_2') ?? 1
  const year = number('2006') ?? 0
  const hour = number('15', '03', '3') ?? 0
  const shift = given['PM'] === 'PM' && hour < 12 ? 12 : given['PM'] === 'AM' && hour === 12 ? -12 : 0
  const at = Date.UTC(year, month, day, hour + shift, number('04') ?? 0, number('05') ?? 0)
  const date = new Date(at)
  if (month < 0 || date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(given['Z07:00'] ?? given['-0700'] ?? given['-07:00'] ?? '')
  if (!zone) return at
  return at - (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000
}

function escape(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

/** Sprig's functions on time. `now` is milliseconds since the epoch. */
export function dates(now: () => number): Functions {
  const moment = (value: Value): number => {
    if (value instanceof GoTime) return value.at
    if (isInteger(value)) return Number(integerOf(value)) * 1000
    return now()
  }
  const toDate = (layout: string, value: string): GoTime => new GoTime(parse(layout, value) ?? zero)
  const duration = (value: Value): string => formatGoDuration(Number(integer(value)) * 1000)
  const modify = (change: string, value: Value): GoTime => new GoTime(moment(value) + (parseGoDuration(change) ?? 0))
  const mustModify = fn('st', (change: string, value: Value) => {
    if (parseGoDuration(change) === undefined) throw new Error(`time: invalid duration ${JSON.stringify(change)}`)
    return modify(change, value)
  })
  return {
    now: fn('', () => new GoTime(now())),
    date: fn('sn', (layout: string, value: Value) => format(layout, moment(value), 'UTC')),
    dateInZone: fn('sns', (layout: string, value: Value, zone: string) => format(layout, moment(value), zone)),
    date_in_zone: fn('sns', (layout: string, value: Value, zone: string) => format(layout, moment(value), zone)),
    htmlDate: fn('n', (value: Value) => format('2006-01-02', moment(value), 'UTC')),
    htmlDateInZone: fn('ns', (value: Value, zone: string) => format('2006-01-02', moment(value), zone)),
    dateModify: fn('st', modify),
    date_modify: fn('st', modify),
    mustDateModify: mustModify,
    must_date_modify: mustModify,
    toDate: fn('ss', toDate),
    mustToDate: fn('ss', (layout: string, value: string) => {
      const at = parse(layout, value)
      if (at === undefined) {
        const said = JSON.stringify(value)
        throw new Error(`parsing time ${said} as ${JSON.stringify(layout)}: cannot parse ${said} as "2006"`)
      }
      return new GoTime(at)
    }),
    unixEpoch: fn('n', (value: Value) => String(Math.floor(moment(value) / 1000))),
    duration: fn('n', duration),
    durationRound: fn('n', (value: Value) =>
      rounded(isInteger(value) ? Number(integerOf(value)) / 1e6 : (parseGoDuration(text(value)) ?? 0)),
    ),
    ago: fn('n', (value: Value) => formatGoDuration(Math.round((now() - moment(value)) / 1000) * 1000)),
  }
}

function rounded(milliseconds: number): string {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000)
  const sign = milliseconds < 0 ? '-' : ''
  for (const [unit, size] of Object.entries({ y: 31_536_000, mo: 2_592_000, d: 86_400, h: 3600, m: 60 })) {
    if (seconds > size) return `${sign}${Math.floor(seconds / size)}${unit}`
  }
  return `${sign}${seconds}s`
}
