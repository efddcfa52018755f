/** One step of a transcript: what was asked, with the text below it, and what is expected. */
export interface TranscriptStep {
  /** The first line of the prose above it: what the step is an example of. */
  readonly title: string
  readonly command: string
  readonly args: readonly string[]
  readonly input: string
  readonly expected: string
  readonly line: number
}

/**
 * Reads test files that tell by example: `command arg…`, its input in the lines below, `----`, and the output up to an
 * empty line. Lines that begin with `#` before a command are prose.
 */
export function readTranscript(text: string): TranscriptStep[] {
  const steps: TranscriptStep[] = []
  const lines = text.split('\n')
  let title = ''
  let inProse = false
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] ?? ''
    if (head.startsWith('#') && !inProse) title = titleOf(head)
    inProse = head.startsWith('#')
    if (head.trim() === '' || inProse) continue
    const line = at + 1
    const input: string[] = []
    for (at++; at < lines.length && lines[at] !== '----'; at++) input.push(lines[at] ?? '')
    if (at >= lines.length) throw new Error(`line ${line}: no ---- follows`)
    const expected: string[] = []
    for (at++; at < lines.length && lines[at] !== ''; at++) expected.push(lines[at] ?? '')
    const [command = '', ...args] = head.split(/\s+/)
    steps.push({ title, command, args, input: input.join('\n'), expected: expected.join('\n'), line })
  }
  return steps
}

function titleOf(prose: string): string {
  return prose
    .replace(/^#+\s*/, '')
    .replace(/[.:]$/, '')
    .trim()
}
