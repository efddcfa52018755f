import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import type { DeletePaths } from '../engine/compare-types.ts'
import type { KubeObject } from '../k8s/object.ts'
import { goJson } from '../lang/go-json.ts'
import { Recent } from '../lang/recent.ts'
import { compileError, preludeOf, refusal } from './jq-words.ts'

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
const make = require(workerData.jq)
const signal = new Int32Array(workerData.signal)
const reply = (answer) => {
  workerData.port.postMessage(answer)
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)
}
// Each run leaves its frame and its arguments on the stack, which in the end runs over into what jq keeps in memory: a
// fresh jq is taken long before that.
let instance
let used = Infinity
const raw = async (input, filter) => {
  used += 256 + 2 * Buffer.byteLength(filter)
  if (used > 24_000) {
    instance = await make()
    used = 0
  }
  return instance.raw(input, filter, ['-c'])
}
workerData.port.on('message', async ({ filter, input }) => {
  try {
    reply({ output: await raw(input, filter) })
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
  const recent = new Recent<string, Reply>(memoSize)
  let interpreter: Interpreter | undefined

  const run = (filter: string, input: string): Reply =>
    recent.get(`${filter}\0${createHash('sha256').update(input).digest('base64')}`, () => {
      if (interpreter && interpreter.runs >= runsPerWorker) stop()
      return ask(filter, input) ?? ask(filter, input) ?? { error: 'jq breaks down on this expression' }
    })
  /** Nothing where the interpreter broke down: whatever it is asked afterwards it fails on too, so it goes. */
  const ask = (filter: string, input: string): Reply | undefined => {
    interpreter ??= start()
    interpreter.runs++
    Atomics.store(interpreter.signal, 0, 0)
    interpreter.port.postMessage({ filter, input })
    const reply = wait(interpreter, timeoutMs)
    const broken = reply?.error !== undefined && !reply.error.includes('jq: ')
    if (!reply || broken) stop()
    return broken ? undefined : (reply ?? { error: `timed out after ${timeoutMs} ms` })
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
  const jq = createRequire(import.meta.url).resolve('jq-wasm/dist/build/jq.js')
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
  const refused = refusal(expression)
  if (refused !== undefined) throw new Error(refused)
  const filter = `del(${expression})`
  // Go's maps have no order of their own.
  const { output, error } = run(`${preludeOf(expression)}${filter}`, goJson(object))
  if (error !== undefined) {
    if (/compile error/.test(error)) throw new Error(compileError(error, filter, (text) => run(text, 'null').error))
    return object
  }
  const results = (output ?? '').trim().split('\n')
  // More or less than one result is a failure, too.
  return results.length === 1 && results[0] ? (JSON.parse(results[0]) as KubeObject) : object
}
