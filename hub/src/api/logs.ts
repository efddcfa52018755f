import type { Clock } from '@flotilla/shared/lang/clock'

/** A node of the resource tree, as far as pods are looked for in it. */
export interface TreeNode {
  readonly group?: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid?: string
  readonly parentRefs?: readonly Omit<TreeNode, 'parentRefs'>[]
}

export interface LogLine {
  readonly pod: string
  readonly content: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The same as it came, to the nanosecond. */
  readonly stamp: string
}

export interface PodQuery {
  readonly name: string
  readonly kind: string
  readonly group: string
  readonly namespace: string
}

/** The pods that are meant: themselves, or because something that they belong to is. What says nothing matches all. */
export function selectedPods(nodes: readonly TreeNode[], query: PodQuery): TreeNode[] {
  const verdicts = new Map<TreeNode, boolean>()
  const meant = (node: TreeNode): boolean => {
    const known = verdicts.get(node)
    if (known !== undefined) return known
    verdicts.set(node, false)
    const own =
      (query.name === '' || node.name === query.name) &&
      (query.kind === '' || node.kind === query.kind) &&
      (query.group === '' || (node.group ?? '') === query.group) &&
      (query.namespace === '' || (node.namespace ?? '') === query.namespace)
    const verdict = own || (node.parentRefs ?? []).some((ref) => nodes.some((each) => same(each, ref) && meant(each)))
    verdicts.set(node, verdict)
    return verdict
  }
  return nodes.filter((node) => node.kind === 'Pod' && !node.group && node.uid && meant(node))
}

function same(a: TreeNode, b: Omit<TreeNode, 'parentRefs'>): boolean {
  const key = (node: typeof b): string => `${node.group ?? ''}/${node.kind}/${node.namespace ?? ''}/${node.name}`
  return key(a) === key(b)
}

/** An entry as the API sends it; the last one ends what a browser shows. */
export function logEntry(line: LogLine, last: boolean): object {
  const timeStamp = new Date(line.at).toISOString().replace(/\.\d+Z$/, 'Z')
  return { content: line.content, timeStamp, last, timeStampStr: line.stamp, podName: line.pod }
}

/** How long a line waits for an older one of another pod. */
const patience = 100

/** The lines of several pods in the order of their times, as far as a short wait can tell. */
export async function* mergeLogs(
  streams: readonly { readonly pod: string; readonly chunks: AsyncIterable<unknown> }[],
  clock: Clock,
): AsyncGenerator<LogLine> {
  const waiting: LogLine[][] = streams.map(() => [])
  let open = streams.length
  let wake: () => void = () => undefined
  const read = async ({ pod, chunks }: (typeof streams)[number], lines: LogLine[]): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        for (const line of parseLines(pod, chunk, clock)) lines.push(line)
        wake()
      }
    } catch (error) {
      // A pod that has no logs yet says why, in the place of its logs.
      const at = clock.now()
      const content = error instanceof Error ? error.message : String(error)
      lines.push({ pod, content, at, stamp: new Date(at).toISOString() })
    } finally {
      open--
      wake()
    }
  }
  for (const [index, stream] of streams.entries()) void read(stream, waiting[index] ?? [])
  let flush = false
  for (;;) {
    for (let next = oldest(waiting, flush || open === 0); next; next = oldest(waiting, flush || open === 0)) yield next
    flush = false
    if (open === 0 && waiting.every((lines) => lines.length === 0)) return
    const held = waiting.some((lines) => lines.length > 0)
    flush = await new Promise<boolean>((resolve) => {
      wake = () => resolve(false)
      if (held) clock.after(patience, () => resolve(true))
      if (open === 0) resolve(true)
    })
  }
}

/** The oldest line; none while a pod might still have an older one. */
function oldest(waiting: readonly LogLine[][], flush: boolean): LogLine | undefined {
  const heads = waiting.flatMap((lines) => (lines[0] ? [{ lines, at: lines[0].at }] : []))
  if (!flush && heads.length < waiting.length) return undefined
  const [first] = heads.toSorted((a, b) => a.at - b.at)
  return first?.lines.shift()
}

/** A chunk is a line, or several; each begins with its time. */
function parseLines(pod: string, chunk: unknown, clock: Clock): LogLine[] {
  const text = typeof chunk === 'string' ? chunk : JSON.stringify(chunk)
  return text.split('\n').flatMap((raw) => {
    const line = raw.trim()
    if (line === '') return []
    const space = line.indexOf(' ')
    const stamp = space < 0 ? line : line.slice(0, space)
    const at = Date.parse(stamp)
    if (Number.isNaN(at)) return [{ pod, content: line, at: clock.now(), stamp: new Date(clock.now()).toISOString() }]
    const content = space < 0 ? '' : line.slice(space + 1)
    return content.split('\r').map((part) => ({ pod, content: part, at, stamp }))
  })
}
