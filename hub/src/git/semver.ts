import { inOrder } from '@flotilla/shared/lang/order'

/** A version as tags write it: a `v` in front and missing parts are forgiven. */
export interface Version {
  readonly parts: readonly [number, number, number]
  readonly prerelease: string
  readonly metadata: string
  readonly original: string
}

const versionPattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/

/** Reads a version; undefined where it is none. */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text)
  if (!match) return undefined
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  return { parts: [Number(major), Number(minor), Number(patch)], prerelease, metadata, original: text }
}

/** Order of versions as semver has it; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const i of [0, 1, 2] as const) if (a.parts[i] !== b.parts[i]) return a.parts[i] - b.parts[i]
  if (a.prerelease === b.prerelease) return 0
  if (a.prerelease === '') return 1
  if (b.prerelease === '') return -1
  return comparePrereleases(a.prerelease.split('.'), b.prerelease.split('.'))
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]]
    if (x === undefined) return -1
    if (y === undefined) return 1
    if (x === y) continue
    const [numericX, numericY] = [/^\d+$/.test(x), /^\d+$/.test(y)]
    if (numericX && numericY) return Number(x) - Number(y)
    if (numericX !== numericY) return numericX ? -1 : 1
    return inOrder(x, y)
  }
  return 0
}

interface Bound {
  readonly operator: string
  readonly version: Version
  /** How many parts were written and are no wildcard: 0 for `*`. */
  readonly given: number
}

/** Alternatives, each a list of bounds that must all hold. */
export type Constraint = readonly (readonly Bound[])[]

const boundPattern =
  /^(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\^)?\s*(v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*]))?(?:\.(?:\d+|[xX*]))?(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/

/** Reads a range as Masterminds' semver does (`>=1.2 <2`, `^1`, `~1.2`, `1.x`, `1 - 2`, `||`); undefined where it is none. */
export function parseConstraint(text: string): Constraint | undefined {
  const alternatives = text.split('||').map(parseAlternative)
  return alternatives.includes(undefined) ? undefined : (alternatives as Constraint)
}

function parseAlternative(text: string): Bound[] | undefined {
  const hyphens = text.replace(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2')
  const words = hyphens
    .replace(/([=<>!~^])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const bounds = words.map(parseBound)
  return bounds.length === 0 || bounds.includes(undefined) ? undefined : (bounds as Bound[])
}

function parseBound(word: string): Bound | undefined {
  const match = boundPattern.exec(word)
  if (!match) return undefined
  const [, operator = '', text = ''] = match
  const core = text
    .replace(/^v/, '')
    .replace(/[-+].*$/, '')
    .split('.')
  const wild = core.findIndex((part) => /^[xX*]$/.test(part))
  const given = wild < 0 ? core.length : wild
  const numbers = core.map((part, i) => (i < given ? part : '0')).join('.')
  const version = parseVersion(numbers + (/[-+].*$/.exec(text)?.[0] ?? ''))
  return version && { operator, version, given }
}

/** Whether a version meets a range. Prereleases only meet alternatives that name one somewhere. */
export function satisfies(version: Version, constraint: Constraint): boolean {
  return constraint.some(
    (bounds) =>
      (version.prerelease === '' || bounds.some((bound) => bound.version.prerelease !== '')) &&
      bounds.every((bound) => meets(version, bound)),
  )
}

function meets(version: Version, bound: Bound): boolean {
  const order = compareVersions(version, bound.version)
  const whole = bound.given === 3
  const samePrefix = (count: number): boolean =>
    version.parts.slice(0, count).every((part, i) => part === bound.version.parts[i])
  switch (bound.operator) {
    case '!=':
      return whole ? order !== 0 : !samePrefix(bound.given)
    case '>':
      return whole ? order > 0 : bound.given > 0 && order > 0 && !samePrefix(bound.given)
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      return whole ? order <= 0 : order <= 0 || samePrefix(bound.given)
    case '~':
    case '~>':
      return order >= 0 && samePrefix(Math.min(bound.given, 2))
    case '^':
      return order >= 0 && samePrefix(caretParts(bound))
    default:
      return whole ? order === 0 : order >= 0 && samePrefix(bound.given)
  }
}

/** `^` holds everything up to the first part that is not zero. */
function caretParts({ version, given }: Bound): number {
  const first = version.parts.findIndex((part) => part !== 0)
  return Math.min(first < 0 ? 3 : first + 1, Math.max(given, 0))
}

/** The highest of the names that meets a range. */
export function highest(names: Iterable<string>, constraint: Constraint): string | undefined {
  let best: Version | undefined
  for (const name of names) {
    const version = parseVersion(name)
    if (version && satisfies(version, constraint) && (!best || compareVersions(version, best) >= 0)) best = version
  }
  return best?.original
}
