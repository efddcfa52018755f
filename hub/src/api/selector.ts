import { ApiError, code } from './errors.ts'

type Labels = Readonly<Record<string, string>>

/** Reads a label selector; what is none is refused. */
export function matchesSelector(text: string): (labels: Labels) => boolean {
  if (text.trim() === '') return () => true
  const tests: ((labels: Labels) => boolean)[] = []
  let rest = text.trim()
  const fail = (found: string): never => {
    const expected = "expected: !, identifier, or 'end of string'"
    throw new ApiError(code.unknown, `error parsing the selector: found '${found}', ${expected}`)
  }
  while (rest !== '') {
    const set = /^([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)\s*(,|$)/.exec(rest)
    const equal = /^([\w./-]+)\s*(==|!=|=)\s*([\w.-]*)\s*(,|$)/.exec(rest)
    const exists = /^(!?)\s*([\w./-]+)\s*(,|$)/.exec(rest)
    const match = set ?? equal ?? exists
    if (!match) return fail(rest.slice(0, 1))
    if (set) {
      const [, key = '', operator, list = ''] = set
      const values = list.split(',').map((value) => value.trim())
      tests.push((labels) => {
        const has = labels[key] !== undefined && values.includes(labels[key])
        return operator === 'in' ? has : !has
      })
    } else if (equal) {
      const [, key = '', operator, value = ''] = equal
      tests.push((labels) => (operator === '!=' ? labels[key] !== value : labels[key] === value))
    } else if (exists) {
      const [, not, key = ''] = exists
      tests.push((labels) => key in labels !== (not === '!'))
    }
    rest = rest.slice(match[0].length).trim()
  }
  return (labels) => tests.every((test) => test(labels))
}
