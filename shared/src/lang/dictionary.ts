/**
 * A table that is asked for names from outside: it has what it was given and nothing else, neither `constructor` nor
 * `__proto__`, as every other object has.
 */
export function dictionary<V>(entries: Readonly<Record<string, V>>): Readonly<Record<string, V>> {
  return Object.freeze(Object.assign(Object.create(null) as Record<string, V>, entries))
}
