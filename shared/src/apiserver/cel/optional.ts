import { CelScalar, celFunc, celMethod, isCelList, isCelMap, type CelFunc, type CelInput } from '@bufbuild/cel'

const { BOOL, DYN, STRING } = CelScalar
const valueKey = '@value'
const noneKey = '@none'

/** Something or nothing, as CEL's optional values are kept: the planner has no type of its own for them. */
export const some = (value: CelInput): CelInput => new Map([[valueKey, value]])
export const nothing = (): CelInput => new Map([[noneKey, true]])

/** What an optional holds; undefined: nothing. Throws for what is no optional. */
function unwrap(optional: unknown): { readonly value: CelInput } | undefined {
  if (isCelMap(optional)) {
    if (optional.has(valueKey)) return { value: optional.get(valueKey) as CelInput }
    if (optional.has(noneKey)) return undefined
  }
  throw new Error('no such overload')
}

const isOptional = (value: unknown): boolean => isCelMap(value) && (value.has(valueKey) || value.has(noneKey))

function pick(from: unknown, key: unknown): CelInput {
  const held = isOptional(from) ? unwrap(from) : { value: from }
  if (held === undefined) return nothing()
  const { value } = held
  if (isCelMap(value)) return value.has(key as string) ? some(value.get(key as string) as CelInput) : nothing()
  if (isCelList(value) && (typeof key === 'bigint' || typeof key === 'number')) {
    const item = value.get(Number(key))
    return item === undefined ? nothing() : some(item as CelInput)
  }
  if (value === null) return nothing()
  throw new Error('no such overload')
}

function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === 0n || value === 0 || value === false) return true
  return (isCelMap(value) || isCelList(value)) && value.size === 0
}

/** Optional values: `a.?b`, `a[?0]`, `optional.of(x)`, and what they can be asked. */
export const optionals: CelFunc[] = [
  celFunc('optSelect', [DYN, STRING], DYN, pick),
  celFunc('optIndex', [DYN, DYN], DYN, pick),
  celFunc('optOf', [DYN], DYN, (value) => some(value as CelInput)),
  celFunc('optNone', [], DYN, nothing),
  celFunc('optional.of', [DYN], DYN, (value) => some(value as CelInput)),
  celFunc('optional.none', [], DYN, nothing),
  celFunc('optional.ofNonZeroValue', [DYN], DYN, (value) => (isZero(value) ? nothing() : some(value as CelInput))),
  celMethod('hasValue', DYN, [], BOOL, function hasValue(this: unknown) {
    return unwrap(this) !== undefined
  }),
  celMethod('value', DYN, [], DYN, function value(this: unknown): CelInput {
    const held = unwrap(this)
    if (!held) throw new Error('optional.none() dereference')
    return held.value
  }),
  celMethod('orValue', DYN, [DYN], DYN, function orValue(this: unknown, other): CelInput {
    return unwrap(this)?.value ?? (other as CelInput)
  }),
  celMethod('or', DYN, [DYN], DYN, function or(this: unknown, other): CelInput {
    const held = unwrap(this)
    return held ? some(held.value) : (other as CelInput)
  }),
]
