import { labelValue, qualifiedName } from '../apiserver/validation/names.ts'

/** A selector that cannot be read, in the words of the API. */
export class SelectorError extends Error {}

export type Requirement =
  | { readonly operator: 'in' | 'notin'; readonly key: string; readonly values: ReadonlySet<string> }
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  | { readonly operator: 'gt' | 'lt'; readonly key: string; readonly value: number }

export type Labels = Readonly<Record<string, string>> | undefined

/** Whether labels meet all requirements. */
export function matchesRequirements(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every((requirement) => matches(requirement, labels?.[requirement.key]))
}

function matches(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.has(value)
    case 'notin':
      return value === undefined || !requirement.values.has(value)
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > requirement.value
    case 'lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < requirement.value
  }
}

interface Token {
  readonly kind: 'word' | 'symbol' | 'end'
  readonly text: string
}

function lex(text: string): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(/\s+|(==|!=|=|!|,|\(|\)|<|>)|([^\s=!,()<>]+)/g)) {
    if (match[1] !== undefined) tokens.push({ kind: 'symbol', text: match[1] })
    else if (match[2] !== undefined) tokens.push({ kind: 'word', text: match[2] })
  }
  return [...tokens, { kind: 'end', text: '' }]
}

/** Reads a label selector: `a=b,c!=d,e in (x, y),f notin (z),g,!h,i>1`. Throws `SelectorError`. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const parser = new Parser(lex(text))
  const requirements = parser.parse()
  for (const requirement of requirements) check(requirement)
  return requirements
}

const refused = (problem: string): SelectorError => new SelectorError(`unable to parse requirement: ${problem}`)

/** Values of labels that cannot be. */
function check(requirement: Requirement): void {
  if (requirement.operator !== 'in' && requirement.operator !== 'notin') return
  const problems = [...requirement.values].sort().flatMap((value, position) => {
    const complaints = labelValue(value)
    const where = `values[${position}][${requirement.key}]`
    return complaints.length === 0
      ? []
      : [`${where}: Invalid value: ${JSON.stringify(value)}: ${complaints.join('; ')}`]
  })
  if (problems.length > 0) throw refused(problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`)
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = []
    if (this.#peek().kind === 'end') return requirements
    for (;;) {
      requirements.push(this.#requirement())
      const next = this.#next()
      if (next.kind === 'end') return requirements
      if (next.text !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== 'word' && after.text !== '!')
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`)
    }
  }

  #requirement(): Requirement {
    const absent = this.#peek().text === '!'
    if (absent) this.#next()
    const key = this.#key(absent)
    if (absent) return { operator: 'absent', key }
    const operator = this.#peek()
    if (operator.kind === 'end' || operator.text === ',') return { operator: 'exists', key }
    this.#next()
    switch (operator.text) {
      case '=':
      case '==':
        return { operator: 'in', key, values: new Set([this.#value()]) }
      case '!=':
        return { operator: 'notin', key, values: new Set([this.#value()]) }
      case 'in':
      case 'notin':
        return { operator: operator.text, key, values: this.#values() }
      case '<':
      case '>':
        return this.#comparison(key, operator.text)
      default:
        throw new SelectorError(
          `unable to parse requirement: found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`,
        )
    }
  }

  #comparison(key: string, operator: string): Requirement {
    const text = this.#value()
    if (!/^-?\d+$/.test(text))
      throw new SelectorError(
        `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    return { operator: operator === '<' ? 'lt' : 'gt', key, value: Number(text) }
  }

  #key(negated: boolean): string {
    const token = this.#next()
    if (token.kind !== 'word') {
      if (negated) throw refused(`found '${token.text}', expected: identifier`)
      throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`)
    }
    const complaints = qualifiedName(token.text)
    if (complaints.length > 0)
      throw refused(`<nil>: Invalid value: ${JSON.stringify(token.text)}: ${complaints.join('; ')}`)
    return token.text
  }

  #value(): string {
    const token = this.#peek()
    if (token.kind === 'end' || token.text === ',') return ''
    this.#next()
    if (token.kind !== 'word')
      throw new SelectorError(`unable to parse requirement: found '${token.text}', expected: identifier`)
    return token.text
  }

  #values(): Set<string> {
    const open = this.#next()
    if (open.text !== '(') throw new SelectorError(`unable to parse requirement: found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind !== 'word' && first.text !== ',' && first.text !== ')')
      throw new SelectorError(`unable to parse requirement: found '${first.text}', expected: ',', ')' or identifier`)
    const values = new Set<string>()
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'word') values.add(this.#next().text)
      else if (token.text === ',' || token.text === ')') values.add('')
      else throw new SelectorError(`unable to parse requirement: found '${token.text}', expected: ',', or identifier`)
      const separator = this.#next()
      if (separator.text === ')') return values
      if (separator.text !== ',')
        throw new SelectorError(`unable to parse requirement: found '${separator.text}', expected: ',' or ')'`)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }
}

export interface FieldRequirement {
  readonly field: string
  readonly equal: boolean
  readonly value: string
}

/** Reads a field selector: `metadata.name=a,status.phase!=Running`. Throws `SelectorError`. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  if (text === '') return []
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => {
      const match = /^(.*?)(==|!=|=)(.*)$/s.exec(term)
      if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
      return { field: match[1] ?? '', equal: match[2] !== '!=', value: unescaped(match[3] ?? '') }
    })
}

function unescaped(text: string): string {
  return text.replace(/\\(.?)|[,=]/gs, (found: string, escaped: string | undefined) => {
    if (escaped === undefined)
      throw new SelectorError(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`)
    if (escaped === '' || !'\\,='.includes(escaped))
      throw new SelectorError(`invalid field selector: invalid escape sequence: ${found}`)
    return escaped
  })
}

function splitTerms(text: string): string[] {
  return (text.match(/(?:[^,\\]|\\.?)+/gs) ?? []) as string[]
}
