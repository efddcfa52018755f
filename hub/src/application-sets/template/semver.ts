import { fn, type Functions } from '@flotilla/shared/gotemplate/functions'
import { Int64, type Opaque, type Value } from '@flotilla/shared/gotemplate/values'
import { parseConstraint, parseVersion, satisfies, type Version } from '../../git/semver.ts'

class GoVersion implements Opaque {
  readonly goType = '*semver.Version'
  readonly version: Version

  constructor(version: Version) {
    this.version = version
  }

  field(name: string): Value {
    const { parts, prerelease, metadata, original } = this.version
    const raised = (major: number, minor: number, patch: number): GoVersion =>
      new GoVersion({ parts: [major, minor, patch], prerelease: '', metadata: '', original: '' })
    const fields: Readonly<Record<string, Value>> = {
      IncMajor: raised(parts[0] + 1, 0, 0),
      IncMinor: raised(parts[0], parts[1] + 1, 0),
      IncPatch: raised(parts[0], parts[1], parts[2] + (prerelease === '' ? 1 : 0)),
      Major: new Int64(parts[0]),
      Minor: new Int64(parts[1]),
      Patch: new Int64(parts[2]),
      Prerelease: prerelease,
      Metadata: metadata,
      Original: original,
      String: this.toString(),
    }
    if (!Object.hasOwn(fields, name)) throw new Error(`can't evaluate field ${name} in type *semver.Version`)
    return fields[name]
  }

  toString(): string {
    const { parts, prerelease, metadata } = this.version
    return `${parts.join('.')}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`
  }
}

function read(text: string): Version {
  const version = parseVersion(text)
  if (!version) throw new Error('invalid semantic version')
  return version
}

/** Sprig's functions on versions. */
export const semverFunctions: Functions = {
  semver: fn('s', (text: string) => new GoVersion(read(text))),
  semverCompare: fn('ss', (range: string, text: string) => {
    const constraint = parseConstraint(range)
    if (!constraint) throw new Error(`improper constraint: ${range}`)
    return satisfies(read(text), constraint)
  }),
}
