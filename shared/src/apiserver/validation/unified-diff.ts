/** A stretch of both texts: the same, or lines of the first replaced by lines of the second. */
interface Edit {
  readonly same: boolean
  readonly a: number
  readonly aEnd: number
  readonly b: number
  readonly bEnd: number
}

interface Match {
  readonly a: number
  readonly b: number
  readonly size: number
}

const context = 3

/**
 * The difference of two texts in unified form, three lines of context, without file names. Lines are matched as Python's
 * difflib does, whose descendant the API server uses: the longest common stretch first, then what is left and right of it.
 */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const lines = (mark: string, text: readonly string[]): string => text.map((line) => `${mark}${line}\n`).join('')
  return hunksOf(editsOf(a, b))
    .map((hunk) => {
      const [first, last] = [hunk[0], hunk.at(-1)]
      if (!first || !last) return ''
      const head = `@@ -${range(first.a, last.aEnd)} +${range(first.b, last.bEnd)} @@\n`
      const body = hunk.map((edit) =>
        edit.same
          ? lines(' ', a.slice(edit.a, edit.aEnd))
          : lines('-', a.slice(edit.a, edit.aEnd)) + lines('+', b.slice(edit.b, edit.bEnd)),
      )
      return head + body.join('')
    })
    .join('')
}

function range(start: number, end: number): string {
  const length = end - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

/** Edits with the lines around them, those apart from one another by much apart. */
function hunksOf(edits: readonly Edit[]): Edit[][] {
  const hunks: Edit[][] = []
  let current: Edit[] = []
  edits.forEach((edit, index) => {
    if (!edit.same) return void current.push(edit)
    const lead = index === 0
    const tail = index === edits.length - 1
    const keep = (fromStart: boolean): Edit =>
      fromStart
        ? { ...edit, aEnd: Math.min(edit.aEnd, edit.a + context), bEnd: Math.min(edit.bEnd, edit.b + context) }
        : { ...edit, a: Math.max(edit.a, edit.aEnd - context), b: Math.max(edit.b, edit.bEnd - context) }
    if (lead) current.push(keep(false))
    else if (tail) current.push(keep(true))
    else if (edit.aEnd - edit.a > 2 * context) {
      hunks.push([...current, keep(true)])
      current = [keep(false)]
    } else current.push(edit)
  })
  if (current.some((edit) => !edit.same)) hunks.push(current)
  return hunks
}

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  for (const match of [...matchesOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) edits.push({ same: false, a: i, aEnd: match.a, b: j, bEnd: match.b })
    ;[i, j] = [match.a + match.size, match.b + match.size]
    if (match.size > 0) edits.push({ same: true, a: match.a, aEnd: i, b: match.b, bEnd: j })
  }
  return edits
}

/** Common stretches in order, those that touch joined. */
function matchesOf(a: readonly string[], b: readonly string[]): Match[] {
  const places = placesOf(b)
  const found: Match[] = []
  const queue: [number, number, number, number][] = [[0, a.length, 0, b.length]]
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [alo, ahi, blo, bhi] = next
    const match = longestMatch(a, b, places, alo, ahi, blo, bhi)
    if (match.size === 0) continue
    found.push(match)
    queue.push([alo, match.a, blo, match.b], [match.a + match.size, ahi, match.b + match.size, bhi])
  }
  found.sort((x, y) => x.a - y.a || x.b - y.b)
  const joined: Match[] = []
  for (const match of found) {
    const last = joined.at(-1)
    if (last && last.a + last.size === match.a && last.b + last.size === match.b)
      joined[joined.length - 1] = { ...last, size: last.size + match.size }
    else joined.push(match)
  }
  return joined
}

/** Where each line stands; of long texts, lines that stand everywhere start no match. */
function placesOf(b: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  b.forEach((line, index) => {
    const known = places.get(line)
    if (known) known.push(index)
    else places.set(line, [index])
  })
  const limit = Math.floor(b.length / 100) + 1
  if (b.length >= 200) for (const [line, at] of places) if (at.length > limit) places.delete(line)
  return places
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  alo: number,
  ahi: number,
  blo: number,
  bhi: number,
): Match {
  let best = { a: alo, b: blo, size: 0 }
  let lengths = new Map<number, number>()
  for (let i = alo; i < ahi; i += 1) {
    const next = new Map<number, number>()
    for (const j of places.get(a[i] ?? '') ?? []) {
      if (j < blo) continue
      if (j >= bhi) break
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    lengths = next
  }
  let { a: i, b: j, size } = best
  for (; i > alo && j > blo && a[i - 1] === b[j - 1]; size += 1) [i, j] = [i - 1, j - 1]
  while (i + size < ahi && j + size < bhi && a[i + size] === b[j + size]) size += 1
  return { a: i, b: j, size }
}
