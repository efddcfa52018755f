import { expect, test } from 'vitest'
import { createLua } from './lua.ts'

const run = await createLua(Date.now, { milliseconds: 2000, bytes: 64 * 1024 * 1024 })
const answer = (script: string, openLibs = false, obj: unknown = { status: { n: 3, list: ['a', 'b'] } }): unknown =>
  run({ script, globals: { obj }, openLibs })

test.each([
  ['return {status = "Healthy", message = tostring(obj.status.n)}', { status: 'Healthy', message: '3' }],
  ['return tostring(3.0)', '3'],
  ['return tostring(7 / 2)', '3.5'],
  ['return #obj.status.list', 2],
  ['return 1, 2', 2],
  ['return nil', undefined],
  ['', undefined],
  ['return {}', []],
  ['return type(require("os").time())', 'number'],
  ['return type(io)', 'nil'],
  ['local out = {} for i, v in ipairs(obj.status.list) do out[i] = v .. "!" end return out', ['a!', 'b!']],
])('%s', (script, expected) => {
  expect(answer(script)).toEqual(expected)
})

test.each([
  ['return obj.nope.deeper', "<string>:1: attempt to index a non-table object(nil) with key 'deeper'"],
  ['return string.upper("x")', "<string>:1: attempt to index a non-table object(nil) with key 'upper'"],
  ['while true do end', '<string>:1: context deadline exceeded'],
  ['while true do pcall(function() while true do end end) end', '<string>:1: context deadline exceeded'],
  ['local function f(n) return 1 + f(n + 1) end return f(1)', '<string>:1: stack overflow'],
  ['local t = {} for i = 1, 1e9 do t[i] = {i} end', 'script needs too much memory'],
])('%s fails', (script, message) => {
  expect(() => answer(script)).toThrow(message)
})

test('open libraries reach no file, process or environment', () => {
  expect(answer('return string.upper("x")', true)).toBe('X')
  for (const script of [
    'return io.open',
    'return os.execute',
    'return os.getenv',
    'return debug.getregistry',
    'return package',
  ]) {
    expect(answer(script, true)).toBeUndefined()
  }
})

test('a script sees nothing that another left', () => {
  answer('leak = 1 table.concat = nil')
  expect(answer('return leak')).toBeUndefined()
  expect(answer('return table.concat({"a", "b"})', true)).toBe('ab')
})
