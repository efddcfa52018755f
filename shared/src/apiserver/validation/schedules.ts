const descriptors = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: Readonly<Record<string, number>>
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const bounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: Object.fromEntries(months.map((name, index) => [name, index + 1])) },
  { min: 0, max: 6, names: Object.fromEntries(days.map((name, index) => [name, index])) },
]

/** What is wrong with a CronJob's schedule, in the words of the parser that Kubernetes uses; undefined: nothing. */
export function parseScheduleError(schedule: string): string | undefined {
  let spec = schedule
  if (/^(TZ|CRON_TZ)=/.test(spec)) spec = spec.includes(' ') ? spec.slice(spec.indexOf(' ')).trim() : ''
  if (spec === '') return 'empty spec string'
  if (spec.startsWith('@')) {
    if (descriptors.has(spec)) return undefined
    if (spec.startsWith('@every ')) {
      return /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h))+$/.test(spec.slice(7))
        ? undefined
        : `failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(spec.slice(7))}`
    }
    return `unrecognized descriptor: ${spec}`
  }
  const fields = spec.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [index, field] of fields.entries()) {
    const bound = bounds[index]
    if (bound === undefined) continue
    for (const part of field.split(',')) {
      const complaint = rangeError(part, bound)
      if (complaint !== undefined) return complaint
    }
  }
  return undefined
}

function rangeError(expression: string, bound: Bounds): string | undefined {
  const [range = '', step, extra] = expression.split('/')
  const [low = '', high, more] = range.split('-')
  if (more !== undefined) return `too many hyphens: ${expression}`
  if (extra !== undefined) return `too many slashes: ${expression}`
  let start = bound.min
  let end = bound.max
  if (low !== '*' && low !== '?') {
    const first = numberOrName(low, bound)
    if (typeof first === 'string') return first
    start = first
    if (high !== undefined) {
      const last = numberOrName(high, bound)
      if (typeof last === 'string') return last
      end = last
    } else if (step === undefined) end = start
  }
  if (step !== undefined) {
    const every = plainNumber(step)
    if (typeof every === 'string') return every
    if (every === 0) return `step of range should be a positive number: ${expression}`
  }
  if (start < bound.min) return `beginning of range (${start}) below minimum (${bound.min}): ${expression}`
  if (end > bound.max) return `end of range (${end}) above maximum (${bound.max}): ${expression}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`
  return undefined
}

function numberOrName(text: string, bound: Bounds): number | string {
  return bound.names?.[text.toLowerCase()] ?? plainNumber(text)
}

function plainNumber(text: string): number | string {
  if (!/^[+-]?\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  const number = Number(text)
  return number < 0 ? `negative number (${number}) not allowed: ${text}` : number
}
