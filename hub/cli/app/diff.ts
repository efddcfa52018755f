import { structuredPatch } from 'diff'

/** Differences of two texts in the form of `diff` (normal format): what `app diff` prints for each object. */
export function normalDiff(before: string, after: string): string {
  const patch = structuredPatch('a', 'b', before, after, '', '', { context: 0 })
  return patch.hunks
    .map((hunk) => {
      const removed = hunk.lines.filter((line) => line.startsWith('-')).map((line) => `< ${line.slice(1)}`)
      const added = hunk.lines.filter((line) => line.startsWith('+')).map((line) => `> ${line.slice(1)}`)
      const letter = removed.length === 0 ? 'a' : added.length === 0 ? 'd' : 'c'
      // Where nothing is removed (or added) the position named is the line before.
      const oldStart =
        removed.length === 0 && hunk.oldLines === 0 && hunk.oldStart > 0 ? hunk.oldStart - 1 : hunk.oldStart
      const newStart =
        added.length === 0 && hunk.newLines === 0 && hunk.newStart > 0 ? hunk.newStart - 1 : hunk.newStart
      const head = `${range(oldStart, removed.length)}${letter}${range(newStart, added.length)}`
      const middle = removed.length > 0 && added.length > 0 ? ['---'] : []
      return [head, ...removed, ...middle, ...added].join('\n') + '\n'
    })
    .join('')
}

function range(start: number, length: number): string {
  return length > 1 ? `${start},${start + length - 1}` : `${start}`
}
