interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
]

/** What is wrong with a cron schedule of five fields, in the words that Argo CD's parser has for it. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string'
  const bare = schedule.replace(/^(TZ|CRON_TZ)=\S+\s+/, '')
  if (bare.startsWith('@')) return `parser does not accept descriptors: ${bare}`
  const parts = bare.split(/\s+/).filter((part) => part !== '')
  if (parts.length !== fields.length) {
    return `expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(' ')}]`
  }
  for (const [index, bounds] of fields.entries()) {
    for (const range of (parts[index] ?? '').split(',').filter((each) => each !== '')) {
      const problem = rangeProblem(range, bounds)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function rangeProblem(text: string, { min, max, names }: Bounds): string | undefined {
  const [range = '', stepText, ...more] = text.split('/')
  const [startText = '', endText, ...beyond] = range.split('-')
  let start = min
  let end = max
  if (startText !== '*' && startText !== '?') {
    const first = numberOf(startText, min, names)
    if (typeof first === 'string') return first
    start = first
    if (beyond.length > 0) return `too many hyphens: ${text}`
    const last = endText === undefined ? first : numberOf(endText, min, names)
    if (typeof last === 'string') return last
    end = last
  }
  if (more.length > 0) return `too many slashes: ${text}`
  if (stepText !== undefined) {
    const step = plainNumber(stepText)
    if (typeof step === 'string') return step
    if (startText !== '*' && startText !== '?' && endText === undefined) end = max
    if (step === 0) return `step of range should be a positive number: ${text}`
  }
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`
  if (end > max) return `end of range (${end}) above maximum (${max}): ${text}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`
  return undefined
}

function numberOf(text: string, min: number, names: readonly string[] | undefined): number | string {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  return named >= 0 ? named + min : plainNumber(text)
}

function plainNumber(text: string): number | string {
  if (!/^[+-]?\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text)
}
