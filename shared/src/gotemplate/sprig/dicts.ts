import { fn, type Functions } from '../functions.ts'
import { isMap, kindOf, typeOf, type GoMap, type Value } from '../values.ts'
import { empty, same, text } from './cast.ts'

const copy = (value: Value): Value => {
  if (Array.isArray(value)) return value.map(copy)
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)])) : value
}

/** Fills what is empty, or with `over` writes over it. */
function merge(over: boolean, into: GoMap, ...others: GoMap[]): GoMap {
  for (const other of others) {
    for (const [key, value] of Object.entries(other)) {
      const own = into[key]
      if (isMap(own) && isMap(value)) merge(over, own, value)
      else if (over || empty(own)) into[key] = value
    }
  }
  return into
}

function dict(...pairs: Value[]): GoMap {
  const made: GoMap = {}
  for (let at = 0; at < pairs.length; at += 2) made[text(pairs[at])] = at + 1 < pairs.length ? pairs[at + 1] : ''
  return made
}

function keysOf(...maps: GoMap[]): Value {
  return maps.flatMap((each) => Object.keys(each).toSorted())
}

/** Sprig's functions on maps, on kinds and types. */
export const dicts: Functions = {
  dict: fn('n*', dict),
  get: fn('ms', (map: GoMap, key: string) => (Object.hasOwn(map, key) ? map[key] : '')),
  set: fn('msn', (map: GoMap, key: string, value: Value) => {
    map[key] = value
    return map
  }),
  unset: fn('ms', (map: GoMap, key: string) => {
    delete map[key]
    return map
  }),
  hasKey: fn('ms', (map: GoMap, key: string) => Object.hasOwn(map, key)),
  pluck: fn('sm*', (key: string, ...maps: GoMap[]) =>
    maps.flatMap((map) => (Object.hasOwn(map, key) ? [map[key]] : [])),
  ),
  keys: fn('m*', keysOf),
  values: fn('m', (map: GoMap) =>
    Object.keys(map)
      .toSorted()
      .map((key) => map[key]),
  ),
  pick: fn('ms*', (map: GoMap, ...keys: string[]) =>
    Object.fromEntries(keys.filter((key) => Object.hasOwn(map, key)).map((key) => [key, map[key]])),
  ),
  omit: fn('ms*', (map: GoMap, ...keys: string[]) =>
    Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key))),
  ),
  merge: fn('mm*', (into: GoMap, ...others: GoMap[]) => merge(false, into, ...others)),
  mustMerge: fn('mm*', (into: GoMap, ...others: GoMap[]) => merge(false, into, ...others)),
  mergeOverwrite: fn('mm*', (into: GoMap, ...others: GoMap[]) => merge(true, into, ...others)),
  mustMergeOverwrite: fn('mm*', (into: GoMap, ...others: GoMap[]) => merge(true, into, ...others)),
  deepCopy: fn('n', copy),
  mustDeepCopy: fn('n', copy),
  typeOf: fn('n', typeOf),
  typeIs: fn('sn', (name: string, value: Value) => name === typeOf(value)),
  typeIsLike: fn('sn', (name: string, value: Value) => name === typeOf(value) || `*${name}` === typeOf(value)),
  kindOf: fn('n', kindOf),
  kindIs: fn('sn', (name: string, value: Value) => name === kindOf(value)),
  deepEqual: fn('nn', (a: Value, b: Value) => same(a, b)),
}
