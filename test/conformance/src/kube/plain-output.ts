/** What a run is made of that must not show in what it printed. */
export interface RunMarks {
  readonly id: string
  readonly folder: string
  readonly server: string
  /** All that the run was given: values in it are no accidents. */
  readonly given: string
  /** Prefixes of generated names. */
  readonly randoms: readonly string[]
  /** Only names and types of fields, not their prose. */
  readonly explain: boolean
}

const safe = 'bcdfghjklmnpqrstvwxz2456789'
const age = /^(\d+(s|m|h|d|y|ms))+$/
const sixtyDays = 60 * 86_400_000

/** What a command printed, without what differs from run to run; columns keep their order but not their width. */
export function plainOutput(text: string, marks: RunMarks, now: number): string {
  let plain = text
    .replaceAll('\r\n', '\n')
    .replaceAll(marks.id, '{{id}}')
    .replaceAll(marks.folder, '<dir>')
    .replaceAll(marks.server, '<server>')
    .replaceAll(marks.server.replace(/^https?:\/\//, ''), '<server>')
  for (const [pattern, replacement] of accidents(marks, now)) plain = plain.replaceAll(pattern, replacement)
  plain = plain
    .split('\n')
    .filter((line) => !isChance(line))
    .join('\n')
  if (marks.explain) plain = plain.split('\n').filter(isField).join('\n')
  return withoutAges(plain).trimEnd()
}

type Replacement = (found: string, ...groups: string[]) => string

/** Values that a server or a tool makes up, each unless the run was given it. */
function accidents({ given, randoms }: RunMarks, now: number): [RegExp, Replacement][] {
  const as =
    (placeholder: string, keep = true): Replacement =>
    (found) =>
      keep && given.includes(found) ? found : placeholder
  const after =
    (placeholder: string): Replacement =>
    (found, before) =>
      given.includes(found) ? found : `${before}${placeholder}`
  const recent: Replacement = (found) =>
    given.includes(found) || Math.abs(Date.parse(found.slice(0, 10)) - now) > sixtyDays ? found : '<time>'
  return [
    [/eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g, as('<jwt>', false)],
    [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, as('<uid>')],
    [/(LIVE|MERGED)-\d+/g, (_, word = '') => word],
    [/\/?[^\s"]*kubectl-edit-\d+\.(yaml|json)/g, (_, extension) => `<edit>.${extension}`],
    [/(---|\+\+\+) (\S+)\t.*$/gm, (_, sign, file) => `${sign} ${file}`],
    [/^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ (\w+\.go):\d+\]/gm, (_, file) => `<log ${file}>`],
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+-]\d{4}(?: \w+)?(?: m=[+\d.]+)?|[+-]\d\d:\d\d)/g, recent],
    [
      /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g,
      (found) => (new Date(found).getFullYear() >= 2024 ? '<time>' : found),
    ],
    [/\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}\b/g, as('<time>', false)],
    [/(resource ?version\\*"?[:=] *\\*"?)(\d{2,})/gi, after('<rv>')],
    [
      new RegExp(
        String.raw`(pod-template-hash|controller-revision-hash)([=:]\s*"?)(?:[a-z0-9-]+-)?[${safe}]{6,10}\b`,
        'g',
      ),
      (_, key, sign) => `${key}${sign}<hash>`,
    ],
    [new RegExp(String.raw`-[${safe}]{8,10}-[${safe}]{5}\b`, 'g'), as('-<hash>-<rand>', false)],
    [new RegExp(String.raw`-[${safe}]{8,10}\b`, 'g'), as('-<hash>', false)],
    ...randoms.map((prefix): [RegExp, Replacement] => [
      new RegExp(String.raw`\b${prefix}-[${safe}]{5}\b`, 'g'),
      as(`${prefix}-<rand>`, false),
    ]),
    [/\b10\.\d+\.\d+\.\d+\b/g, as('<ip>')],
    [/(?<=[:\s])3[0-2]\d{3}(?=\/(?:TCP|UDP))/g, as('<nodePort>')],
    [/(nodePort"?: )3[0-2]\d{3}\b/g, after('<nodePort>')],
  ]
}

/** When its own time is up on a busy machine, the client says this or not: which of two ends it notices first is chance. */
const isChance = (line: string): boolean =>
  line.startsWith('<log reflector.go>') && /very short watch|context deadline exceeded/.test(line)

const isField = (line: string): boolean =>
  /^(GROUP|KIND|VERSION|FIELD|RESOURCE|error|Error)/.test(line) ||
  /^\s*\S+\t<.*>/.test(line) ||
  /^\s+[\w$]+\s+<\S+>/.test(line)

/** Ages in tables, in lists of events and after labels. */
function withoutAges(text: string): string {
  let inTable = false
  return text
    .split('\n')
    .map((raw) => {
      let line = raw.replaceAll(/(\S)(?: {2,}|\t+| *\t *)/g, '$1   ').trimEnd()
      if (/^[A-Z][A-Z0-9() -]*( {3}[A-Z][A-Z0-9() -]*)+$/.test(line)) {
        inTable = /AGE|LAST SEEN|DURATION|UPDATED/.test(line)
        return line
      }
      if (line.trim() === '') {
        inTable = false
        return ''
      }
      if (inTable)
        line = line
          .replaceAll(/(?<=^| {3})\S+( ago)?(?=$| {3})/g, (cell) =>
            age.test(cell.replace(/ ago$/, '')) ? '<age>' : cell,
          )
          .replace(/(?<=^| {3})[\dsmhdy]+ (\(x\d+ over )[\dsmhdy]+\)/g, '<age> $1<age>)')
      else if (!line.includes(':')) line = line.replace(/( {3})(\d+[smhd])+$/, '$1<age>')
      if (/^\s*(Normal|Warning) {3}\S+ {3}/.test(line))
        line = line.replace(/( {3})(\d\S*|<invalid>)( \(x\d+ over \S+\))?( {3})/, '$1<age>$4')
      if (/^(Age|Duration|Renew Time|Acquire Time|Completed At|Start Time|LAST DEPLOYED): /.test(line))
        line = line.replace(/: .*/, ': <age>')
      return line
    })
    .join('\n')
}
