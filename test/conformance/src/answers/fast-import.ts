import { spawnSync } from 'node:child_process'

export type RecordedFile = string | null | { readonly link: string } | { readonly exec: string }

export interface RecordedCommit {
  readonly files?: Readonly<Record<string, RecordedFile>>
  readonly branch?: string
  readonly from?: string
  readonly tags?: string | readonly string[]
  readonly annotatedTags?: readonly string[]
  readonly message?: string
}

const epoch = 1_767_225_600

/** Makes a bare repository of recorded commits; ids come out as they were recorded. */
export function importCommits(folder: string, commits: readonly RecordedCommit[]): void {
  git(['init', '-q', '--bare', '-b', 'main', folder], '')
  const known = new Map<string, number>()
  git(['-C', folder, 'fast-import', '--quiet'], commits.map((commit, i) => stream(commit, i, known)).join(''))
}

function stream(commit: RecordedCommit, index: number, known: Map<string, number>): string {
  const branch = commit.branch ?? 'main'
  const who = `Dev <dev@example.com> ${epoch + 60 * index} +0000`
  let text = `commit refs/heads/${branch}\nmark :${index + 1}\nauthor ${who}\ncommitter ${who}\n`
  text += data(commit.message ?? `commit ${index + 1}`)
  if (!known.has(branch) && known.size > 0) text += `from :${known.get(commit.from ?? 'main') ?? index}\n`
  known.set(branch, index + 1)
  for (const [path, file] of Object.entries(commit.files ?? {})) {
    if (file === null) text += `D ${quote(path)}\n`
    else text += `M ${modeOf(file)} inline ${quote(path)}\n${data(contentOf(file))}`
  }
  for (const tag of [commit.tags ?? []].flat()) text += `reset refs/tags/${tag}\nfrom :${index + 1}\n`
  for (const tag of commit.annotatedTags ?? [])
    text += `tag ${tag}\nfrom :${index + 1}\ntagger ${who}\n${data(`tag ${tag}`)}`
  return text
}

function modeOf(file: Exclude<RecordedFile, null>): string {
  if (typeof file === 'string') return '100644'
  return 'link' in file ? '120000' : '100755'
}

function contentOf(file: Exclude<RecordedFile, null>): string {
  if (typeof file === 'string') return file
  return 'link' in file ? file.link : file.exec
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`
}

function quote(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

function git(args: readonly string[], input: string): void {
  const run = spawnSync('git', args, { input, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`git ${args.join(' ')}: ${run.stderr}`)
}
