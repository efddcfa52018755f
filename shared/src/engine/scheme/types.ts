import table from './types.json' with { type: 'json' }

/**
 * The types of Kubernetes' own kinds as Go clients know them, in every version that was ever served: what is a pointer,
 * what is left out when empty, how lists merge. Taken from the Go types, because OpenAPI does not tell all of it.
 * A field reads `type [!][*] [~strategy] [@mergeKey]`: `!` is always written, `*` is a pointer.
 */
export type SchemeType =
  | { readonly form: 'scalar'; readonly scalar: string }
  | { readonly form: 'list'; readonly of: SchemeType }
  | { readonly form: 'map'; readonly of: SchemeType }
  | { readonly form: 'struct'; readonly name: string; readonly fields: ReadonlyMap<string, SchemeField> }

export interface SchemeField {
  readonly type: SchemeType
  readonly always: boolean
  readonly pointer: boolean
  readonly merge: boolean
  readonly retainKeys: boolean
  /** A map that is written as a whole: what the client does not say goes. */
  readonly replace: boolean
  readonly mergeKey?: string
  /** Servers fill the items of such a list with defaults that no later write can change. */
  readonly loose: boolean
}

export type StructType = Extract<SchemeType, { form: 'struct' }>

const structs: ReadonlyMap<string, StructType> = readTable(table.types)
const kinds: ReadonlyMap<string, ReadonlyMap<string, StructType>> = readKinds(table.kinds)

/** The type of a kind that Kubernetes itself defines; undefined for all others. */
export function schemeType(apiVersion: string, kind: string): StructType | undefined {
  return kinds.get(apiVersion)?.get(kind)
}

/** A type by its Go name as settings have it: `core/v1/PodSpec`, `core/Quantity`, `meta/v1/Duration`. */
export function namedType(name: string): SchemeType | undefined {
  if (name === 'core/Quantity') return { form: 'scalar', scalar: 'quantity' }
  if (name === 'meta/v1/Duration') return { form: 'scalar', scalar: 'duration' }
  if (name === 'core/v1/ResourceList') return { form: 'map', of: { form: 'scalar', scalar: 'quantity' } }
  return structs.get(name.replaceAll('/', '.'))
}

/** By version, then by kind: asked for each object again and again. */
function readKinds(names: Readonly<Record<string, string>>): ReadonlyMap<string, ReadonlyMap<string, StructType>> {
  const found = new Map<string, Map<string, StructType>>()
  for (const [id, name] of Object.entries(names)) {
    const slash = id.lastIndexOf('/')
    const apiVersion = id.slice(0, slash)
    const type = structs.get(name)
    if (!type) continue
    const version = found.get(apiVersion) ?? new Map<string, StructType>()
    found.set(apiVersion, version.set(id.slice(slash + 1), type))
  }
  return found
}

function readTable(types: Record<string, Record<string, string>>): ReadonlyMap<string, StructType> {
  const found = new Map<string, StructType & { fields: Map<string, SchemeField> }>()
  for (const name of Object.keys(types)) found.set(name, { form: 'struct', name, fields: new Map() })
  const read = (code: string): SchemeType => {
    if (code.startsWith('[]')) return { form: 'list', of: read(code.slice(2)) }
    if (code.startsWith('{}')) return { form: 'map', of: read(code.slice(2)) }
    if (!code.startsWith('#')) return { form: 'scalar', scalar: code }
    const struct = found.get(code.slice(1))
    if (!struct) throw new Error(`no type ${code}`)
    return struct
  }
  for (const [name, fields] of Object.entries(types)) {
    for (const [field, text] of Object.entries(fields)) {
      found.get(name)?.fields.set(field, readField(field, text, read))
    }
  }
  return found
}

function readField(name: string, text: string, read: (code: string) => SchemeType): SchemeField {
  const [code = '', ...words] = text.split(' ')
  const flags = words.find((word) => !word.startsWith('~') && !word.startsWith('@')) ?? ''
  const strategies = (words.find((word) => word.startsWith('~')) ?? '~').slice(1).split(',')
  const mergeKey = words.find((word) => word.startsWith('@'))?.slice(1)
  return {
    type: read(code),
    always: flags.includes('!'),
    pointer: flags.includes('*'),
    merge: strategies.includes('merge'),
    retainKeys: strategies.includes('retainKeys'),
    replace: strategies.includes('replace'),
    loose: name === 'volumeClaimTemplates',
    ...(mergeKey === undefined ? {} : { mergeKey }),
  }
}
