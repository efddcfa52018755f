import { LuaEngine, LuaFactory, LuaLibraries } from 'wasmoon'

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

/** Runs one script in a fresh state; answers what it returned last, as a JSON value; `undefined` for nil or nothing. */
export type RunLua = (call: LuaCall) => unknown

/** What scripts may take a second for, as in Argo CD. */
export const defaultLuaLimits: LuaLimits = { milliseconds: 1000, bytes: 64 * 1024 * 1024 }

// What Lua 5.1 had and later versions lack, and the sandbox: scripts written for Argo CD's interpreter run unchanged.
const prelude = `
local debug_setmetatable, raw_pcall, type, tostring_, error_, load_ = debug.setmetatable, pcall, type, tostring, error, load
local format, date, time, floor, math_type = string.format, os.date, os.time, math.floor, math.type
local function fail(value)
  return function(_, key)
    error_("attempt to index a non-table object(" .. type(value) .. ") with key '" .. tostring_(key) .. "'", 2)
  end
end
debug_setmetatable(nil, { __index = fail(nil), __newindex = fail(nil) })
debug_setmetatable(true, { __index = fail(true), __newindex = fail(true) })
debug_setmetatable(0, { __index = fail(0), __newindex = fail(0) })
if not OPEN then debug_setmetatable("", { __index = fail("") }) end
tostring = function(value)
  if math_type(value) == "float" and value == floor(value) and value > -1e15 and value < 1e15 then
    return format("%d", value)
  end
  return tostring_(value)
end
local expired = expired
local function rethrow(ok, ...)
  if not ok and expired() then error_("context deadline exceeded", 0) end
  return ok, ...
end
pcall = function(...) return rethrow(raw_pcall(...)) end
xpcall = function(f, handler, ...)
  local function finish(ok, ...)
    if ok then return ok, ... end
    return false, handler(...)
  end
  return finish(rethrow(raw_pcall(f, ...)))
end
unpack = table.unpack
loadstring = function(text, name) return load_(text, name or "<string>", "t") end
load = loadstring
local modules = { os = { date = date, time = time, clock = os.clock, difftime = os.difftime } }
require = function(name)
  local found = modules[name]
  if not found then error_("module " .. tostring_(name) .. " not found", 2) end
  return found
end
dofile, loadfile, collectgarbage = nil, nil, nil
if OPEN then
  os = modules.os
  io = {}
  debug = {}
  table.getn = function(t) return #t end
  math.pow = function(a, b) return a ^ b end
  math.mod = math.fmod
  bit = nil
else
  string, math, os, io, debug, coroutine, utf8 = nil, nil, nil, nil, nil, nil, nil
end
package, expired, OPEN = nil, nil, nil
`

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
      state.loadString(script, '=<string>')
      const values = state.runSync()
      return plain(values.at(-1))
    } catch (error) {
      throw new LuaError(explain(error, now() > deadline))
    } finally {
      state.close()
    }
  }
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

function explain(error: unknown, late: boolean): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\nstack traceback', 1)[0] ?? ''
  if (late) return '<string>:1: context deadline exceeded'
  if (/stack overflow/.test(text)) return `${/^<string>:\d+:/.exec(text)?.[0] ?? '<string>:1:'} stack overflow`
  if (/not enough memory/.test(text)) return 'script needs too much memory'
  return text
}
