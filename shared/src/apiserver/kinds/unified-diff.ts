interface Edit {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

const context = 3

/** The difference of two texts in unified form, three lines of context, without file names. */
export function unifiedDiff(before: string, after: string): string {
  const edits = editsOf(before.split('\n'), after.split('\n'))
  const keep = edits.map((_, index) =>
    edits.slice(Math.max(0, index - context), index + context + 1).some((edit) => edit.mark !== ' '),
  )
  let result = ''
  let [oldLine, newLine] = [1, 1]
  for (let index = 0; index < edits.length;) {
    if (keep[index] !== true) {
      oldLine += 1
      newLine += 1
      index += 1
      continue
    }
    let end = index
    while (keep[end] === true) end += 1
    const hunk = edits.slice(index, end)
    const oldCount = hunk.filter((edit) => edit.mark !== '+').length
    const newCount = hunk.filter((edit) => edit.mark !== '-').length
    result += `@@ -${oldLine},${oldCount} +${newLine},${newCount} @@\n`
    result += hunk.map((edit) => `${edit.mark}${edit.text}\n`).join('')
    oldLine += oldCount
    newLine += newCount
    index = end
  }
  return result
}

/** The shortest way from one list of lines to another, deletions first. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const [rows, columns] = [before.length, after.length]
  const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1))
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const same = before[row] === after[column]
      const line = lengths[row]
      if (line) line[column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const edits: Edit[] = []
  let [row, column] = [0, 0]
  while (row < rows || column < columns) {
    if (row < rows && column < columns && before[row] === after[column]) {
      edits.push({ mark: ' ', text: before[row] ?? '' })
      row += 1
      column += 1
    } else if (row < rows && (column === columns || at(row + 1, column) >= at(row, column + 1))) {
      edits.push({ mark: '-', text: before[row] ?? '' })
      row += 1
    } else {
      edits.push({ mark: '+', text: after[column] ?? '' })
      column += 1
    }
  }
  return edits
}
