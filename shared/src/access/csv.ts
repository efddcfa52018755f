/** The kinds of line that a policy may hold: besides rules and groupings, what the model knows and nothing reads. */
const kinds: ReadonlySet<string> = new Set(['p', 'g', 'r', 'e', 'm'])

/** The lines of a policy that can be read, each as its fields, and those that cannot. */
export function policyLines(text: string): { readonly lines: readonly string[][]; readonly broken: readonly string[] } {
  const lines: string[][] = []
  const broken: string[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(raw.replace(/\r$/, ''))
    const [kind = ''] = fields ?? []
    const wrongLength = (kind === 'g' && fields?.length !== 3) || (kind === 'p' && fields?.length !== 6)
    if (!fields || !kinds.has(kind) || wrongLength) broken.push(line)
    else lines.push(fields)
  }
  return { lines, broken }
}
/** Fields as Go's CSV reader takes them: blanks in front of one are no part of it, those behind it are. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = []
  let rest = line
  for (;;) {
    rest = rest.replace(/^[\t ]+/, '')
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest)
    if (quoted) {
      fields.push((quoted[1] ?? '').replaceAll('""', '"'))
      rest = rest.slice(quoted[0].length)
      if (quoted[2] === '') return fields
      continue
    }
    if (rest.startsWith('"')) return undefined
    const comma = rest.indexOf(',')
    const field = comma < 0 ? rest : rest.slice(0, comma)
    if (field.includes('"')) return undefined
    fields.push(field)
    if (comma < 0) return fields
    rest = rest.slice(comma + 1)
  }
}
