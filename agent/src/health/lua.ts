import { LuaEngine, LuaFactory, LuaLibraries } from 'wasmoon'
import { prelude } from './lua-prelude.ts'
import { syntaxError, withJoiner } from './lua-source.ts'

/** A script that went wrong; the text is what users of Argo CD know. */
export class LuaError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LuaError'
  }
}

export interface LuaLimits {
  readonly milliseconds: number
  readonly bytes: number
}

export interface LuaCall {
  readonly script: string
  /** Globals of the script, as JSON values. */
  readonly globals: Readonly<Record<string, unknown>>
  /** All standard libraries but io, os and debug that reach outside. */
  readonly openLibs?: boolean
}

/** Runs one script in a fresh state; answers what it returned last, as a JSON value; `undefined` for nil or nothing. A function stays one. */
export type RunLua = (call: LuaCall) => unknown

/** What scripts may take a second for, as in Argo CD. */
export const defaultLuaLimits: LuaLimits = { milliseconds: 1000, bytes: 64 * 1024 * 1024 }

/** Loads the interpreter once; the answer runs scripts, each in a state of its own that is freed after it. */
export async function createLua(now: () => number, limits: LuaLimits = defaultLuaLimits): Promise<RunLua> {
  const module = await new LuaFactory().getLuaModule()
  return ({ script, globals, openLibs = false }) => {
    const engine = new LuaEngine(module, {
      openStandardLibs: false,
      injectObjects: false,
      enableProxy: false,
      traceAllocations: true,
    })
    const state = engine.global
    const deadline = now() + limits.milliseconds
    try {
      for (const library of [
        LuaLibraries.Base,
        LuaLibraries.Table,
        LuaLibraries.String,
        LuaLibraries.Math,
        LuaLibraries.OS,
        LuaLibraries.Debug,
        LuaLibraries.Coroutine,
      ]) {
        state.loadLibrary(library)
      }
      state.set('OPEN', openLibs)
      state.set('expired', () => now() > deadline)
      state.loadString(prelude, '=prelude')
      state.runSync()
      state.pop(state.getTop())
      for (const [name, value] of Object.entries(globals)) state.set(name, withoutNulls(value))
      state.setMemoryMax(state.getMemoryUsed() + limits.bytes)
      state.setTimeout(deadline)
      load(state, script)
      const values = state.runSync()
      const answer: unknown = values.at(-1)
      return typeof answer === 'function' ? answer : plain(answer)
    } catch (error) {
      if (error instanceof LuaError) throw error
      throw new LuaError(explain(error, now() > deadline))
    } finally {
      state.close()
    }
  }
}

/** Puts a script on the stack; one that does not parse is an error in the words of Argo CD's interpreter. */
function load(state: LuaEngine['global'], script: string): void {
  const attempt = (text: string): string | undefined => {
    try {
      state.loadString(text, '=<string>')
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  const failed = attempt(withJoiner(script))
  if (failed === undefined) return
  const parses = (text: string): string | undefined => {
    const found = attempt(text)
    state.setTop(0)
    return found
  }
  throw new LuaError(syntaxError(script, failed, parses))
}

/** Lua has no null: such fields are absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (item === null ? undefined : withoutNulls(item)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null && one !== undefined)
      .map(([key, one]) => [key, withoutNulls(one)]),
  )
}

/** A Lua value as JSON: sequences and empty tables are lists. Functions and the like have no JSON. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return typeof value === 'function' ? undefined : value
  if (value instanceof Map) return plain(Object.fromEntries(value))
  const entries = Object.entries(value)
  if (entries.length === 0) return []
  return Object.fromEntries(entries.map(([key, one]) => [key, plain(one)]))
}

/** What Lua says, and what Argo CD's interpreter says. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/bad argument #(\d+) to '([^']+)'/, 'bad argument #$1 to $2'],
  [/got no value\)/, 'got nil)'],
  [/in table for '(\w+)'/, 'in table for $1'],
  [/attempt to compare two (\w+) values/, 'attempt to compare $1 with $1'],
  [/attempt to call a \w+ value.*/s, 'attempt to call a non-function object'],
  [/bad 'for' initial value .*/, 'for statement init must be a number'],
  [/bad 'for' (\w+) .*/, 'for statement $1 must be a number'],
]

function explain(error: unknown, late: boolean): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\nstack traceback', 1)[0] ?? ''
  if (late) return '<string>:1: context deadline exceeded'
  if (/stack overflow/.test(text)) return `${/^<string>:\d+:/.exec(text)?.[0] ?? '<string>:1:'} stack overflow`
  if (/not enough memory/.test(text)) return 'script needs too much memory'
  return phrases.reduce((words, [pattern, phrase]) => words.replace(pattern, phrase), text)
}
