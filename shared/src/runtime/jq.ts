import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import type { DeletePaths } from '../engine/compare-types.ts'
import type { KubeObject } from '../k8s/object.ts'

export interface JqOptions {
  /** Longest run of one expression; what takes longer counts as failed. Argo CD's default: a second. */
  readonly timeoutMs?: number
  /** Results kept, by expression and digest of the object. */
  readonly memoSize?: number
  /** A fresh interpreter after so many runs: the old one's memory never shrinks. */
  readonly runsPerWorker?: number
}

export interface Jq {
  /** `del(expression)`: throws where the expression does not parse, gives the object back where it fails on it. */
  readonly deletePaths: DeletePaths
  close(): Promise<void>
}

/** Runs in a thread of its own, because only a thread can be stopped in the middle of an endless expression. */
const workerScript = `
const { workerData } = require('node:worker_threads')
const { raw } = require(workerData.jq)
const signal = new Int32Array(workerData.signal)
const reply = (answer) => {
  workerData.port.postMessage(answer)
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)
}
workerData.port.on('message', async ({ filter, input }) => {
  try {
    reply({ output: await raw(input, filter, ['-c']) })
  } catch (error) {
    reply({ error: String(error && error.message) })
  }
})
raw('null', '.').then((output) => reply({ output }), (error) => reply({ error: String(error) }))
`

interface Interpreter {
  readonly worker: Worker
  readonly port: MessagePort
  readonly signal: Int32Array
  runs: number
}

interface Reply {
  readonly output?: string
  readonly error?: string
}

const startupMs = 20_000

/** Real jq, for `ignoreDifferences`. Calls block: they are short, their results are kept. */
export async function createJq(options: JqOptions = {}): Promise<Jq> {
  const { timeoutMs = 1000, memoSize = 4000, runsPerWorker = 5000 } = options
  const memo = new Map<string, Reply>()
  let interpreter: Interpreter | undefined

  const run = (filter: string, input: string): Reply => {
    const key = `${filter}\0${createHash('sha256').update(input).digest('base64')}`
    const known = memo.get(key)
    if (known) return known
    if (interpreter && interpreter.runs >= runsPerWorker) stop()
    interpreter ??= start()
    interpreter.runs++
    Atomics.store(interpreter.signal, 0, 0)
    interpreter.port.postMessage({ filter, input })
    const reply = wait(interpreter, timeoutMs)
    if (!reply) stop()
    const kept = reply ?? { error: `timed out after ${timeoutMs} ms` }
    memo.set(key, kept)
    // The oldest goes first; maps keep the order of insertion.
    for (const oldest of memo.keys()) {
      if (memo.size <= memoSize) break
      memo.delete(oldest)
    }
    return kept
  }
  const stop = (): void => {
    void interpreter?.worker.terminate()
    interpreter?.port.close()
    interpreter = undefined
  }
  return {
    deletePaths: (expression, object) => deletePaths(run, expression, object),
    close: async () => {
      await interpreter?.worker.terminate()
      stop()
    },
  }
}

function start(): Interpreter {
  const { port1, port2 } = new MessageChannel()
  const shared = new SharedArrayBuffer(4)
  const jq = createRequire(import.meta.url).resolve('jq-wasm')
  const worker = new Worker(workerScript, {
    eval: true,
    workerData: { jq, port: port2, signal: shared },
    transferList: [port2],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  worker.on('error', () => undefined)
  worker.unref()
  port1.unref()
  const interpreter = { worker, port: port1, signal: new Int32Array(shared), runs: 0 }
  if (!wait(interpreter, startupMs)) throw new Error('jq did not start')
  return interpreter
}

function wait({ port, signal }: Interpreter, ms: number): Reply | undefined {
  if (Atomics.wait(signal, 0, 0, ms) === 'timed-out') return undefined
  return receiveMessageOnPort(port)?.message as Reply | undefined
}

function deletePaths(
  run: (filter: string, input: string) => Reply,
  expression: string,
  object: KubeObject,
): KubeObject {
  if (asksForInput(expression)) throw new Error('input(s)/0 is not allowed')
  const { output, error } = run(`del(${expression})`, JSON.stringify(object))
  if (error !== undefined) {
    if (/compile error/.test(error)) throw new Error(compileError(error, expression))
    return object
  }
  const results = (output ?? '').trim().split('\n')
  if (results.length !== 1 || results[0] === '') return object
  const result: unknown = JSON.parse(results[0] ?? 'null')
  if (typeof result !== 'object' || result === null || !('kind' in result)) {
    throw new Error(`Object 'Kind' is missing in '${results[0] ?? ''}'`)
  }
  return result as KubeObject
}

/** There is nothing else to read than the object. */
function asksForInput(expression: string): boolean {
  const code = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return /(?<![\w.$:])inputs?(?![\w:])/.test(code)
}

/** jq's complaint in the words Argo CD's users know, where there is one. */
function compileError(error: string, expression: string): string {
  // An open bracket runs into the one that `del(…)` closes with.
  if (error.includes('INVALID_CHARACTER') && /[[({][^\])}]*$/.test(expression)) return 'unexpected token ")"'
  const unexpected = /unexpected '(.+?)'/.exec(error)?.[1]
  if (unexpected !== undefined) return `unexpected token ${JSON.stringify(unexpected)}`
  if (error.includes('unexpected end of file')) return 'unexpected EOF'
  const undefinedFunction = /error: (\S+?) is not defined/.exec(error)?.[1]
  if (undefinedFunction !== undefined) return `function not defined: ${undefinedFunction}`
  return error.replace(/^jq: error: /, '').split('\n')[0] ?? error
}
