/** One part of a layout: what it is called, what fits, and which numbers it may be. */
interface Part {
  readonly name: string
  readonly pattern: RegExp
  readonly range?: readonly [string, number, number]
}

const literal = (text: string): Part => ({ name: text, pattern: new RegExp(`^${text.replace('.', '\\.')}`) })

const seconds: readonly Part[] = [
  { name: '2006', pattern: /^\d{4}/ },
  literal('-'),
  { name: '01', pattern: /^\d\d/, range: ['month', 1, 12] },
  literal('-'),
  { name: '02', pattern: /^\d\d/, range: ['day', 1, 31] },
  literal('T'),
  { name: '15', pattern: /^\d\d/, range: ['hour', 0, 23] },
  literal(':'),
  { name: '04', pattern: /^\d\d/, range: ['minute', 0, 59] },
  literal(':'),
  { name: '05', pattern: /^\d\d/, range: ['second', 0, 59] },
]
const zone: Part = { name: 'Z07:00', pattern: /^(Z|[+-]\d\d:\d\d)/ }

const wholeLayout = '2006-01-02T15:04:05Z07:00'
const microLayout = '2006-01-02T15:04:05.000000Z07:00'
/** After seconds any fraction is read, though the layout has none. */
const wholeParts: readonly Part[] = [...seconds, { name: '', pattern: /^(?:[.,]\d+)?/ }, zone]
const microParts: readonly Part[] = [...seconds, { name: '.000000', pattern: /^[.,]\d{6}(?!\d)/ }, zone]

/** What Go says of a text that does not fit a layout; undefined where it does. */
function complaint(text: string, layout: string, parts: readonly Part[]): string | undefined {
  const head = `parsing time ${JSON.stringify(text)}`
  let rest = text
  let outside: string | undefined
  for (const { name, pattern, range } of parts) {
    const found = pattern.exec(rest)
    if (!found) return `${head} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`
    if (range && (Number(found[0]) < range[1] || Number(found[0]) > range[2])) outside ??= range[0]
    rest = rest.slice(found[0].length)
    if (outside !== undefined && outside !== 'day') return `${head}: ${outside} out of range`
  }
  if (rest !== '') return `${head}: extra text: ${JSON.stringify(rest)}`
  const [year = 0, month = 1, day = 1] = text.slice(0, 10).split('-').map(Number)
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return outside !== undefined || day > days ? `${head}: day out of range` : undefined
}

/** Nearly all times there are: in UTC, with whole seconds, on a day that every month has. */
const plainTime = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** What is wrong with a `metav1.Time`. */
export const timeComplaint = (text: string): string | undefined =>
  plainTime.test(text) ? undefined : complaint(text, wholeLayout, wholeParts)
/** What is wrong with a `metav1.MicroTime`. */
export const microTimeComplaint = (text: string): string | undefined => complaint(text, microLayout, microParts)

/** RFC 3339 in UTC with whole seconds, as `metav1.Time` is written. The text must be a time. */
export function canonicalTime(text: string): string {
  return text.length === 20 ? text : formatTime(Date.parse(text.replace(',', '.')))
}

/** RFC 3339 in UTC with six digits of a second, as `metav1.MicroTime` is written. The text must be a time. */
export function canonicalMicroTime(text: string): string {
  const digits = /[.,](\d{6})/.exec(text)?.[1] ?? ''
  const date = new Date(text.replace(/[.,]\d+/, ''))
  return `${date.toISOString().slice(0, 19)}.${digits}Z`
}

/** RFC 3339 in UTC with whole seconds. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
