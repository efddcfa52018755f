import type { Container } from '../controllers/types.ts'
import { bad, containerStatus } from './containers.ts'
import { Channels, processProtocols } from './channels.ts'
import { isTrue } from './log-options.ts'
import { hasProgram, runProgram, type Process } from './shell.ts'
import type { PodRequest, StreamContext } from './streams.ts'
import { surroundingsOf } from './surroundings.ts'

/** Runs a program in a container, with its streams on a WebSocket. */
export async function execInContainer(
  context: StreamContext,
  { pod, query, request, response }: PodRequest,
  container: Container,
): Promise<void> {
  const argv = query.getAll('command')
  if (argv.length === 0) throw bad('you must specify a command for the container')
  if (!['stdin', 'stdout', 'stderr'].some((name) => isTrue(query, name)))
    throw bad('you must specify at least 1 of stdin, stdout, stderr')
  if (!containerStatus(pod, container.name)?.state.running) {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    return void response.end(`container not found ("${container.name}")\n`)
  }
  context.upgrades.check(request)
  const around = await surroundingsOf(pod, container, context)
  const tty = isTrue(query, 'tty')
  if (tty) around.env['TERM'] = 'xterm'
  context.upgrades.accept(request, processProtocols, (socket) => {
    const input = new InputLines(isTrue(query, 'stdin'))
    const channels = new Channels(socket, (data) => input.take(data))
    const [program = ''] = argv
    if (!hasProgram(program)) {
      const why = program.startsWith('/') ? 'no such file or directory' : 'executable file not found in $PATH'
      const stat = program.startsWith('/') ? `stat ${program}` : `exec: "${program}"`
      return channels.fail(
        `error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": ${program.startsWith('/') ? `${stat}: ` : ''}${why}`,
      )
    }
    if (tty) input.echo = (text) => channels.write('out', text)
    void drive(context, runProgram(argv, around), input, channels, tty).then((code) => channels.finish(code))
  })
}

/** Lets a process run, gives it what it reads, and passes on what it writes. */
async function drive(
  { clock }: StreamContext,
  process: Process,
  input: InputLines,
  channels: Channels,
  tty: boolean,
): Promise<number> {
  let next = process.next()
  while (!next.done) {
    const effect = next.value
    let answer: string | undefined
    // A terminal has one stream, and wants its lines to begin at the left.
    if (effect.kind === 'out' || effect.kind === 'err')
      channels.write(tty ? 'out' : effect.kind, tty ? effect.text.replace(/\n/g, '\r\n') : effect.text)
    if (effect.kind === 'read') answer = await input.next()
    if (effect.kind === 'sleep')
      await new Promise<void>((resolve) => {
        if (effect.ms !== Infinity) clock.after(effect.ms, resolve)
        input.onEnd = resolve
      })
    next = process.next(answer)
  }
  return next.value
}

/** What a client types, by lines. */
class InputLines {
  echo: ((text: string) => void) | undefined
  onEnd: (() => void) | undefined
  #text = ''
  #ended: boolean
  #waiting: ((line: string | undefined) => void) | undefined

  /** `open`: whether the client sends any input at all. */
  constructor(open: boolean) {
    this.#ended = !open
  }

  take(data: Buffer | undefined): void {
    if (data === undefined) {
      this.#ended = true
      this.onEnd?.()
    } else {
      // Of a terminal come carriage returns, and control-D for the end.
      const text = data.toString('utf8').replace(/\r\n?/g, '\n')
      this.echo?.(text.replace(/\n/g, '\r\n').replaceAll('\u0004', ''))
      if (this.echo && text.includes('\u0004')) this.#ended = true
      this.#text += text.replaceAll('\u0004', '')
    }
    this.#give()
  }

  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting = resolve
      this.#give()
    })
  }

  #give(): void {
    const at = this.#text.indexOf('\n')
    if (!this.#waiting || (at < 0 && !this.#ended)) return
    const line = at < 0 ? this.#text : this.#text.slice(0, at + 1)
    this.#text = this.#text.slice(line.length)
    const give = this.#waiting
    this.#waiting = undefined
    give(line === '' ? undefined : line)
  }
}
