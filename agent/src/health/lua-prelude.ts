import { joiner } from './lua-source.ts'

/**
 * Run before each script: what Lua 5.1 had and later versions lack, its words for errors, and the sandbox. Scripts
 * written for Argo CD's interpreter then run unchanged.
 */
export const prelude = `
local debug_setmetatable, raw_pcall, type, tostring_, error_ = debug.setmetatable, pcall, type, tostring, error
local load_, next_, tonumber_, select_ = load, next, tonumber, select
local format, find, match, gsub, rep, sub = string.format, string.find, string.match, string.gsub, string.rep, string.sub
local date, time = os.date, os.time
local floor, fmod, math_type, unpack_, concat_ = math.floor, math.fmod, math.type, table.unpack, table.concat
local is_expired, is_open = expired, OPEN

-- A number as text: whole ones without a point, others as short as they can be told.
local function show(n)
  if math_type(n) == "integer" then return format("%d", n) end
  if n ~= n then return "NaN" end
  if n == 1/0 then return "+Inf" elseif n == -1/0 then return "-Inf" end
  if n == floor(n) and n > -9.2e18 and n < 9.2e18 then return format("%d", n) end
  local text
  for digits = 0, 17 do
    text = format("%." .. digits .. "e", n)
    if tonumber_(text) == n then break end
  end
  local sign, lead, rest, exp = match(text, "^(-?)(%d)%.?(%d*)e([+-]%d+)$")
  exp = tonumber_(exp)
  if exp < -4 or exp >= 6 then
    return sign .. lead .. (rest == "" and "" or "." .. rest) .. "e" .. format("%+03d", exp)
  end
  if exp < 0 then return sign .. "0." .. rep("0", -exp - 1) .. lead .. rest end
  local digits = lead .. rest
  if #digits <= exp + 1 then return sign .. digits .. rep("0", exp + 1 - #digits) end
  return sign .. sub(digits, 1, exp + 1) .. "." .. sub(digits, exp + 2)
end
tostring = function(...)
  local value = ...
  if select_("#", ...) == 0 then error_("bad argument #1 to tostring (value expected)", 2) end
  if type(value) == "number" then return show(value) end
  return tostring_(value)
end

local half = {}
local raw_getmetatable = getmetatable
half.__concat = function(left, right)
  -- The joiner keeps what is on its right until its left is known.
  if raw_getmetatable(left) == half then return setmetatable({ right }, half) end
  right = right[1]
  local a, b = type(left), type(right)
  if (a ~= "string" and a ~= "number") or (b ~= "string" and b ~= "number") then
    error_("cannot perform concat operation between " .. a .. " and " .. b, 2)
  end
  return (a == "number" and show(left) or left) .. (b == "number" and show(right) or right)
end
${joiner} = setmetatable({}, half)

local function fail(value)
  return function(_, key)
    error_("attempt to index a non-table object(" .. type(value) .. ") with key '" .. tostring_(key) .. "'", 2)
  end
end
local function number(value)
  if type(value) == "string" then return tonumber_(value) end
  return type(value) == "number" and value or nil
end
local operations = {
  add = function(a, b) return a + b end, sub = function(a, b) return a - b end,
  mul = function(a, b) return a * b end, div = function(a, b) return a / b end,
  mod = function(a, b) return a % b end, pow = function(a, b) return a ^ b end,
}
local function undefined(name) return function() error_(name .. " undefined", 2) end end
local function words(value, index)
  local meta = { __index = index, __newindex = fail(value), __len = undefined("__len") }
  for name, operation in pairs(operations) do
    meta["__" .. name] = function(a, b)
      local x, y = number(a), number(b)
      if x == nil or y == nil then
        error_("cannot perform " .. name .. " operation between " .. type(a) .. " and " .. type(b), 2)
      end
      return operation(x, y)
    end
  end
  meta.__unm = function(a)
    local x = number(a)
    if x == nil then error_("__unm undefined", 2) end
    return -x
  end
  return meta
end
debug_setmetatable(nil, words(nil, fail(nil)))
debug_setmetatable(true, words(true, fail(true)))
debug_setmetatable(0, words(0, fail(0)))
local methods = string
debug_setmetatable("", words("", is_open and methods or fail("")))

local function rethrow(ok, ...)
  if not ok and is_expired() then error_("context deadline exceeded", 0) end
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
local function check(name, value, level)
  if type(value) ~= "table" then
    error_("bad argument #1 to " .. name .. " (table expected, got " .. type(value) .. ")", level or 3)
  end
end
local raw_ipairs, raw_pairs = ipairs, pairs
ipairs = function(list) check("ipairs", list) return raw_ipairs(list) end
pairs = function(map) check("pairs", map) return raw_pairs(map) end
tonumber = function(...)
  local value, base = ...
  if select_("#", ...) == 0 then error_("bad argument #1 to tonumber (value expected)", 2) end
  if base ~= nil and base ~= 10 then return tonumber_(value, base) end
  if type(value) ~= "string" and type(value) ~= "number" then return nil end
  if type(value) == "string" and not find(value, ".", 1, true) and not find(value, "[xX]") and find(value, "[eE]") then
    return nil
  end
  return tonumber_(value)
end
unpack = unpack_
loadstring = function(text, name) return load_(text, name or "<string>", "t") end
load = loadstring
-- Dates are written by Go's layouts, of which some are not what they look like; what they lack stays as it is.
local layouts = {
  a = "mon", A = "%A", b = "%b", B = "%B", c = "%d %b %y %H:%M UTC", d = "%d", F = "%Y-%m-%d", H = "%H", I = "%I",
  m = "%m", M = "%M", p = "%p", S = "%S", w = "%w", x = "%H/%M/%S", X = "%H:%M:%S", y = "%y", Y = "%Y", z = "+0000",
  Z = "UTC",
}
local function go_date(layout, at)
  layout = gsub(layout or "%c", "^!+", "")
  at = at or time()
  if sub(layout, 1, 2) == "*t" then
    local found = date("!*t", at)
    found.yday, found.isdst = 0, false
    return found
  end
  return (gsub(layout, "%%(.)", function(letter)
    if layouts[letter] then return date("!" .. layouts[letter], at) end
    if letter == "P" then return (gsub(date("!%p", at), "%u", { A = "a", P = "p", M = "m" })) end
    if letter == "%" then return "%" end
    return nil
  end))
end
-- Fields that are no numbers count as not there; months and days may run over.
local function go_time(fields)
  if fields == nil then return time() end
  local function field(name, default)
    local value = fields[name]
    -- The library that reaches outside takes texts that are numbers, too.
    if is_open and type(value) == "string" then value = tonumber_(value, 10) end
    return type(value) == "number" and floor(value) or default
  end
  local months = field("year", -1) * 12 + field("month", -1) - 1
  local year, month = floor(months / 12), months % 12 + 1
  -- Days since 1970 of the first of the month, by the calendar that has no exceptions.
  local y = month <= 2 and year - 1 or year
  local era = floor(y / 400)
  local of_era = y - era * 400
  local of_year = floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5)
  local days = era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
  days = days + field("day", -1) - 1
  return days * 86400 + field("hour", 12) * 3600 + field("min", 0) * 60 + field("sec", 0)
end
local loaded = { os = { date = go_date, time = go_time } }
require = function(name)
  local found = loaded[name]
  if not found then error_("module " .. tostring_(name) .. " not found", 2) end
  return found
end
dofile, loadfile, collectgarbage, warn, rawlen = nil, nil, nil, nil, nil
_VERSION = "Lua 5.1"
table.unpack, table.pack, table.move = nil, nil, nil
table.getn = function(list) check("getn", list) return #list end
table.maxn = function(list)
  local most = 0
  for key in raw_pairs(list) do if type(key) == "number" and key > most then most = key end end
  return most
end
table.concat = function(list, separator, first, last)
  check("concat", list)
  local texts, count = {}, 0
  for index = first or 1, last or #list do
    local value, kind = list[index], type(list[index])
    if kind ~= "string" and kind ~= "number" then
      error_("invalid value (" .. kind .. ") at index " .. index .. " in table for concat", 2)
    end
    count = count + 1
    texts[count] = kind == "number" and show(value) or value
  end
  return concat_(texts, separator)
end
for _, name in raw_ipairs({ "insert", "remove", "sort" }) do
  local raw = table[name]
  table[name] = function(list, ...) check(name, list) return raw(list, ...) end
end
if is_open then
  os = loaded.os
  io, debug, utf8 = {}, {}, nil
  math.pow = function(a, b) return a ^ b end
  math.mod = fmod
  math.log10 = function(x) return math.log(x, 10) end
  math.huge = 1.7976931348623157e308
  math.type, math.tointeger, math.ult, math.maxinteger, math.mininteger = nil, nil, nil, nil, nil
  methods.pack, methods.unpack, methods.packsize = nil, nil, nil
  methods.gfind = methods.gmatch
  -- Numbers that are not whole are cut where a whole one is wanted, and shown as above where a text is.
  methods.format = function(pattern, ...)
    local values, count, index = { ... }, select_("#", ...), 0
    for letter in methods.gmatch((gsub(pattern, "%%%%", "")), "%%[-+ #0]*%d*%.?%d*(%a)") do
      index = index + 1
      local value = values[index]
      if type(value) == "number" then
        if letter == "s" then values[index] = show(value)
        elseif find("cdiouxX", letter, 1, true) and value ~= floor(value) then
          values[index] = value < 0 and -floor(-value) or floor(value)
        end
      end
    end
    local ok, text = raw_pcall(format, pattern, unpack_(values, 1, count))
    if not ok then error_(text, 2) end
    return text
  end
else
  string, math, os, io, debug, coroutine, utf8 = nil, nil, nil, nil, nil, nil, nil
end
package, expired, OPEN = nil, nil, nil
`
