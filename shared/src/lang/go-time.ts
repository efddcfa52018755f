const layout = '2006-01-02T15:04:05Z07:00'

/** Numbers of a time, by Go's names for them, with what stands between. */
const pieces = ['2006', '-', '01', '-', '02', 'T', '15', ':', '04', ':', '05'] as const

/** As servers write times, which are looked at by the thousand: nothing can be wrong with these. */
const usual =
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/

/** What is wrong with a time as RFC 3339 has it, in Go's words; undefined where nothing is. */
export function goTimeProblem(value: string, shown = layout): string | undefined {
  if (usual.test(value)) return undefined
  const time = `parsing time ${JSON.stringify(value)}`
  const numbers = new Map<string, number>()
  let rest = value
  for (const piece of pieces) {
    const found = take(rest, piece)
    if (found === undefined) return `${time} as "${shown}": cannot parse ${JSON.stringify(rest)} as "${piece}"`
    if (/\d/.test(piece)) numbers.set(piece, Number(found))
    rest = rest.slice(found.length)
    const problem = outOfRange(piece, numbers)
    if (problem !== undefined) return `${time}: ${problem}`
  }
  rest = rest.replace(/^[.,]\d+/, '')
  const zone = /^(?:Z|[+-](\d\d):(\d\d))/.exec(rest)
  if (!zone) return `${time} as "${shown}": cannot parse ${JSON.stringify(rest)} as "Z07:00"`
  if (Number(zone[1] ?? 0) > 24) return `${time}: time zone offset hour out of range`
  if (Number(zone[2] ?? 0) > 60) return `${time}: time zone offset minute out of range`
  rest = rest.slice(zone[0].length)
  if (rest !== '') return `${time}: extra text: ${JSON.stringify(rest)}`
  return dayProblem(numbers) ? `${time}: day out of range` : undefined
}

function take(text: string, piece: string): string | undefined {
  if (piece === '2006') return /^\d{4}/.exec(text)?.[0]
  // Go lets an hour be of one digit.
  if (piece === '15') return /^\d\d?/.exec(text)?.[0]
  if (/\d/.test(piece)) return /^\d\d/.exec(text)?.[0]
  return text.startsWith(piece) ? piece : undefined
}

function outOfRange(piece: string, numbers: ReadonlyMap<string, number>): string | undefined {
  const number = numbers.get(piece) ?? 0
  if (piece === '01') return number < 1 || number > 12 ? 'month out of range' : undefined
  if (piece === '15') return number > 23 ? 'hour out of range' : undefined
  if (piece === '04') return number > 59 ? 'minute out of range' : undefined
  if (piece === '05') return number > 59 ? 'second out of range' : undefined
  return undefined
}

function dayProblem(numbers: ReadonlyMap<string, number>): boolean {
  const [year = 0, month = 0, day = 0] = ['2006', '01', '02'].map((piece) => numbers.get(piece))
  return day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()
}
