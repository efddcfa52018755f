import { parseScript, ShellSyntaxError, type ShellWord, type Target } from './shell-words.ts'

/** What a process does that others see. */
export type Effect =
  | { readonly kind: 'out' | 'err'; readonly text: string }
  | { readonly kind: 'sleep'; readonly ms: number }
  /** Wants a line of input; answered with `undefined` at its end. */
  | { readonly kind: 'read' }
  /** A program that this shell does not have. */
  | { readonly kind: 'unknown'; readonly program: string }

/** A running process: yields its effects, is given lines of input, and returns its exit code. */
export type Process = Generator<Effect, number, string | undefined>

/** What a process finds around it. */
export interface Surroundings {
  readonly env: Record<string, string>
  /** Content by absolute path; folders are what paths lead through. */
  readonly files: Map<string, string>
  cwd: string
  readonly hostname: string
  readonly now: () => number
}

/** Ends the shell it happens in. */
class Exit extends Error {
  readonly code: number

  constructor(code: number) {
    super('exit')
    this.code = code
  }
}

/** Runs a program by its arguments: one of the few there are, or a script given to a shell. */
export function* runProgram(argv: readonly string[], around: Surroundings): Process {
  try {
    return yield* run(argv, around, undefined)
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  }
}

/** Whether the stand-in has a program of this name. */
export function hasProgram(name: string): boolean {
  return Object.hasOwn(programs, baseName(name))
}

function baseName(name: string): string {
  return name.replace(/^(\/usr)?(\/local)?\/s?bin\//, '')
}

function* run(argv: readonly string[], around: Surroundings, input: string | undefined): Process {
  const [name = '', ...args] = argv
  const program = programs[baseName(name)]
  if (program) return yield* program(args, around, input)
  yield { kind: 'unknown', program: name }
  yield { kind: 'err', text: `sh: ${name}: not found\n` }
  return 127
}

/** Runs the commands of a script, each when its turn comes. */
function* runScript(script: string, around: Surroundings): Process {
  let code = 0
  let piped: string | undefined
  try {
    for (const { when, words, out: to, err: errTo } of parseScript(script)) {
      if ((when === 'success' && code !== 0) || (when === 'failure' && code === 0)) continue
      const argv = expandAll(words, around, code)
      const input = piped
      piped = undefined
      while (argv[0] !== undefined && /^[A-Za-z_]\w*=/.test(argv[0])) {
        const [key = '', ...value] = (argv.shift() ?? '').split('=')
        around.env[key] = value.join('=')
      }
      if (argv.length === 0) continue
      if (to === undefined && errTo === undefined) {
        code = yield* run(argv, around, input)
        continue
      }
      const caught: Record<'out' | 'err', string> = { out: '', err: '' }
      code = yield* redirected(run(argv, around, input), to, errTo, caught)
      for (const [target, text] of [
        [to, caught.out],
        [errTo, caught.err],
      ] as const) {
        if (target?.kind === 'pipe') piped = text
        else if (target?.kind === 'file' || target?.kind === 'append')
          yield* writeFile(around, expand(target.word, around, code), text, target.kind === 'append')
      }
    }
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error
    yield { kind: 'err', text: `sh: 1: Syntax error: ${error.message}\n` }
    return 2
  }
  return code
}

/** Passes on all effects, output where it is sent; what goes into files and pipes is caught. */
function* redirected(
  process: Process,
  out: Target | undefined,
  err: Target | undefined,
  caught: Record<'out' | 'err', string>,
): Process {
  let next = process.next()
  while (!next.done) {
    const effect = next.value
    if (effect.kind !== 'out' && effect.kind !== 'err') {
      next = process.next(yield effect)
      continue
    }
    const direct = effect.kind === 'out' ? out : err
    // `2>&1` follows where standard output goes.
    const target = direct?.kind === 'out' && effect.kind === 'err' ? out : direct
    const stream = direct?.kind === 'out' || direct?.kind === 'err' ? direct.kind : effect.kind
    if (target === undefined || target.kind === 'out' || target.kind === 'err')
      yield { kind: stream, text: effect.text }
    else caught[target === out ? 'out' : 'err'] += effect.text
    next = process.next()
  }
  return next.value
}

function* writeFile(
  around: Surroundings,
  name: string,
  text: string,
  append: boolean,
): Generator<Effect, void, string | undefined> {
  const path = resolvePath(around.cwd, name)
  if (path === '/dev/null') return
  if (path === '/dev/stdout' || path === '/proc/1/fd/1') yield { kind: 'out', text }
  else if (path === '/dev/stderr' || path === '/proc/1/fd/2') yield { kind: 'err', text }
  else around.files.set(path, (append ? (around.files.get(path) ?? '') : '') + text)
}

function expandAll(words: readonly ShellWord[], around: Surroundings, code: number): string[] {
  return words.flatMap((word) => {
    const text = expand(word, around, code)
    // An unquoted variable that is empty leaves no word.
    return text === '' && word.every((part) => !part.plain && part.text.startsWith('$')) ? [] : [text]
  })
}

function expand(word: ShellWord, around: Surroundings, code: number): string {
  return word
    .map(({ text, plain }) =>
      plain
        ? text
        : text.replace(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+)|\?)/g, (all, braced, fallback, bare) => {
            if (all === '$?') return String(code)
            const value = around.env[String(braced ?? bare)]
            return value === undefined || (value === '' && fallback !== undefined) ? String(fallback ?? '') : value
          }),
    )
    .join('')
}

/** An absolute path without dots. */
export function resolvePath(cwd: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** What is in a folder, by name; `undefined` where there is no such folder. */
function entriesOf(files: ReadonlyMap<string, string>, folder: string): string[] | undefined {
  const prefix = folder === '/' ? '/' : `${folder}/`
  const inside = [...files.keys()].filter((path) => path.startsWith(prefix))
  if (inside.length === 0) return undefined
  const names = inside.map((path) => path.slice(prefix.length).split('/')[0] ?? '')
  return [...new Set(names)].toSorted()
}

type Program = (args: readonly string[], around: Surroundings, input: string | undefined) => Process

const out = (text: string): Effect => ({ kind: 'out', text })
const err = (text: string): Effect => ({ kind: 'err', text })

function* echo(args: readonly string[]): Process {
  const flags = /^-[neE]+$/.exec(args[0] ?? '')?.[0] ?? ''
  const text = (flags === '' ? args : args.slice(1)).join(' ')
  const plain = flags.includes('e') ? text.replace(/\\n/g, '\n').replace(/\\t/g, '\t') : text
  yield out(flags.includes('n') ? plain : `${plain}\n`)
  return 0
}

function* cat(args: readonly string[], around: Surroundings, input: string | undefined): Process {
  let code = 0
  for (const arg of args.length === 0 ? ['-'] : args) {
    if (arg === '-' && input !== undefined) yield out(input)
    else if (arg === '-') {
      for (let line = yield { kind: 'read' }; line !== undefined; line = yield { kind: 'read' }) yield out(line)
    } else {
      const path = resolvePath(around.cwd, arg)
      const text = around.files.get(path)
      if (text !== undefined) yield out(text)
      else {
        yield err(`cat: ${arg}: ${entriesOf(around.files, path) ? 'Is a directory' : 'No such file or directory'}\n`)
        code = 1
      }
    }
  }
  return code
}

function* ls(args: readonly string[], around: Surroundings): Process {
  let code = 0
  const paths = args.filter((arg) => !arg.startsWith('-'))
  for (const arg of paths.length === 0 ? ['.'] : paths) {
    const path = resolvePath(around.cwd, arg)
    const names = entriesOf(around.files, path)
    if (names) yield out(names.map((name) => `${name}\n`).join(''))
    else if (around.files.has(path)) yield out(`${arg}\n`)
    else {
      yield err(`ls: cannot access '${arg}': No such file or directory\n`)
      code = 2
    }
  }
  return code
}

function* env(args: readonly string[], around: Surroundings): Process {
  if (args.length > 0) return yield* run(args, around, undefined)
  yield out(
    Object.entries(around.env)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  return 0
}

function* printenv(args: readonly string[], around: Surroundings): Process {
  const [name] = args
  if (name === undefined) return yield* env([], around)
  const value = around.env[name]
  if (value === undefined) return 1
  yield out(`${value}\n`)
  return 0
}

function* sleep(args: readonly string[]): Process {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?|infinity)([smhd]?)$/.exec(args[0] ?? '') ?? []
  if (amount === '') {
    yield err(`sleep: invalid time interval '${args[0] ?? ''}'\n`)
    return 1
  }
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1
  yield { kind: 'sleep', ms: amount === 'infinity' ? Infinity : Number(amount) * factor * 1000 }
  return 0
}

function* shell(args: readonly string[], around: Surroundings): Process {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg))
  if (at >= 0) {
    try {
      return yield* runScript(args[at + 1] ?? '', around)
    } catch (error) {
      if (error instanceof Exit) return error.code
      throw error
    }
  }
  let code = 0
  const prompt = around.env['TERM'] === undefined ? '' : '# '
  for (;;) {
    if (prompt !== '') yield out(prompt)
    const line = yield { kind: 'read' }
    if (line === undefined) return code
    try {
      code = yield* runScript(line, around)
    } catch (error) {
      if (error instanceof Exit) return error.code
      throw error
    }
  }
}

function* exit(args: readonly string[]): Process {
  yield* []
  throw new Exit(Number(args[0] ?? 0) & 255)
}

function* changeFolder(args: readonly string[], around: Surroundings): Process {
  const path = resolvePath(around.cwd, args[0] ?? '/')
  if (path !== '/' && entriesOf(around.files, path) === undefined) {
    yield err(`sh: cd: can't cd to ${args[0]}: No such file or directory\n`)
    return 2
  }
  around.cwd = path
  return 0
}

function* assign(args: readonly string[], around: Surroundings): Process {
  yield* []
  for (const arg of args) {
    const [key = '', ...value] = arg.split('=')
    if (value.length > 0) around.env[key] = value.join('=')
  }
  return 0
}

const says = (text: (around: Surroundings) => string): Program =>
  function* (_, around) {
    yield out(`${text(around)}\n`)
    return 0
  }

const ends = (code: number): Program =>
  function* () {
    yield* []
    return code
  }

const programs: Readonly<Record<string, Program>> = {
  sh: shell,
  bash: shell,
  ash: shell,
  echo,
  cat,
  ls,
  env,
  printenv,
  sleep,
  exit,
  cd: changeFolder,
  export: assign,
  set: ends(0),
  ':': ends(0),
  true: ends(0),
  false: ends(1),
  pwd: says(({ cwd }) => cwd),
  hostname: says(({ hostname }) => hostname),
  whoami: says(() => 'root'),
  id: says(() => 'uid=0(root) gid=0(root) groups=0(root)'),
  date: says(({ now }) => new Date(now()).toISOString()),
}
