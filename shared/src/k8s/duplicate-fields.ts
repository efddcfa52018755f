/** Paths of members that JSON text says more than once, in the order in which they come again. The text must be valid. */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  const open: Frame[] = []
  for (const token of text.match(tokenPattern) ?? []) {
    const top = open.at(-1)
    if (token === '{' || token === '[') {
      const path = top === undefined ? '' : top.names ? top.at : `${top.path}[${top.index}]`
      open.push({ path, names: token === '{' ? new Set() : undefined, at: '', index: 0, key: true })
    } else if (token === '}' || token === ']') open.pop()
    else if (!top) continue
    else if (token === ',') {
      top.index += 1
      top.key = true
    } else if (top.names && top.key && token.startsWith('"')) {
      const name = JSON.parse(token) as string
      top.at = top.path === '' ? name : `${top.path}.${name}`
      if (top.names.has(name)) found.push(top.at)
      top.names.add(name)
      top.key = false
    }
  }
  return [...new Set(found)]
}

interface Frame {
  readonly path: string
  /** Of an object: the names seen. */
  readonly names: Set<string> | undefined
  /** Path of the member now read. */
  at: string
  index: number
  /** Whether a name comes next. */
  key: boolean
}

const tokenPattern = /"(?:[^"\\]|\\.)*"|[{}[\],]/g
