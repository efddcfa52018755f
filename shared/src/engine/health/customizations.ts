import { dictionary } from '../../lang/dictionary.ts'
import { isMap, jsonType, wrongType } from './go-json.ts'
import { formatGroupKind } from './group-kind.ts'
import { globMatch } from '../../lang/glob.ts'

/** What argocd-cm says of one kind, or of all kinds that a pattern matches. */
export interface Customization {
  readonly health?: string
  /** Scripts get the standard libraries. */
  readonly openLibs?: boolean
  /** The YAML of its actions, read when they are asked for. */
  readonly actions?: string
}

export type ParseYaml = (text: string) => unknown

/** Customisations by `group/Kind`, in the order they were written. */
export type Customizations = ReadonlyMap<string, Customization>

export const prefix = 'resource.customizations'

/** Parts of a customisation that are read elsewhere; their keys are in order here. */
const readElsewhere = new Set(['ignoreDifferences', 'ignoreResourceUpdates', 'knownTypeFields'])

/** Reads `resource.customizations` and the keys below it. Throws in Argo CD's words where they cannot be read. */
export function readCustomizations(argocdCm: Readonly<Record<string, string>>, parseYaml: ParseYaml): Customizations {
  const found = new Map<string, Customization>()
  const together = argocdCm[prefix]
  if (together) readTogether(parse(together, parseYaml), found)
  for (const { kind, part } of keysOf(argocdCm)) if (part) found.set(kind, { ...found.get(kind), ...part })
  return found
}

/** The keys below `resource.customizations`, each of one kind and type. Throws where there is no such kind or type. */
export function* keysOf(argocdCm: Readonly<Record<string, string>>): Generator<OwnKey> {
  for (const [key, text] of Object.entries(argocdCm)) {
    if (!key.startsWith(`${prefix}.`)) continue
    const rest = key.slice(prefix.length + 1)
    const dot = rest.indexOf('.')
    if (dot < 0) continue
    const type = rest.slice(0, dot)
    yield { kind: kindOfKey(rest.slice(dot + 1)), type, text, part: partOf(type, text) }
  }
}

interface OwnKey {
  readonly kind: string
  readonly type: string
  readonly text: string
  /** What it says of health and actions; nothing where it is of something else. */
  readonly part: Customization | undefined
}

/** What a key of its own says; nothing where that is read elsewhere. Throws where there is no such key. */
function partOf(type: string, value: string): Customization | undefined {
  if (type === 'health') return { health: value }
  if (type === 'useOpenLibs') return { openLibs: readFlag(value) }
  if (type === 'actions') return { actions: value }
  if (readElsewhere.has(type)) return undefined
  throw new Error(`resource customization type ${type} not supported`)
}

function readFlag(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** The text as a value; a text that is no YAML gives Argo CD's error. */
export function parse(text: string, parseYaml: ParseYaml): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    throw new Error(`error converting YAML to JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** The fields of a kind in the one map, with the types that they must have. */
const fieldTypes: Readonly<Record<string, string>> = dictionary({
  'health.lua': 'string',
  'health.lua.useopenlibs': 'bool',
  actions: 'string',
})
const fieldNames: Readonly<Record<string, string>> = dictionary({ 'health.lua.useopenlibs': 'health.lua.useOpenLibs' })

function readTogether(value: unknown, found: Map<string, Customization>): void {
  if (value === null || value === undefined) return
  if (!isMap(value)) throw failure(value, 'value of type map[string]v1alpha1.ResourceOverride')
  for (const [kind, fields] of Object.entries(value)) {
    if (fields === null) continue
    if (!isMap(fields)) throw failure(fields, 'value of type v1alpha1.rawResourceOverride')
    found.set(
      kind,
      decoded(() => readFields(fields)),
    )
  }
}

/** What the map says of a kind. */
export function readFields(fields: Readonly<Record<string, unknown>>): Customization {
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    // Go finds the fields of JSON whatever their case.
    const field = name.toLowerCase()
    const type = fieldTypes[field]
    if (type === undefined || value === null) continue
    if (jsonType(value) !== type) {
      throw new Error(
        wrongType(value, `struct field rawResourceOverride.${fieldNames[field] ?? field} of type ${type}`),
      )
    }
    read[field] = value
  }
  return {
    ...('health.lua' in read ? { health: read['health.lua'] as string } : {}),
    ...('health.lua.useopenlibs' in read ? { openLibs: read['health.lua.useopenlibs'] as boolean } : {}),
    ...('actions' in read ? { actions: read['actions'] as string } : {}),
  }
}

function failure(value: unknown, target: string): Error {
  return new Error(`${decoding}${wrongType(value, target)}`)
}

const decoding = 'error unmarshaling JSON: while decoding JSON: '

function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new Error(`${decoding}${(error as Error).message}`, { cause: error })
  }
}

/** `group_Kind` → `group/Kind`: a split key knows no wildcards, since `_` parts group and kind; `all` is every kind. */
function kindOfKey(key: string): string {
  const parts = key.split('_')
  if (key === 'all') return '*/*'
  if (parts.length === 1 && key !== '') return key
  if (parts.length === 2) return parts.join('/')
  throw new Error(
    `group kind should be in format \`resource.customizations.<type>.<group_kind>\` or resource.customizations.<type>.<kind>\`, got group kind: '${key}'`,
  )
}

/** The customisation with a health script for a kind: the exact one, else the first whose pattern matches. */
export function healthCustomization(
  customizations: Customizations,
  group: string,
  kind: string,
): Customization | undefined {
  const name = formatGroupKind(group, kind)
  const exact = customizations.get(name)
  if (exact?.health) return exact
  for (const [pattern, customization] of customizations) {
    if (customization.health && pattern.includes('*') && globMatch(pattern, name)) return customization
  }
  return undefined
}

/** The YAML of the actions that are set for a kind; patterns do not count here. */
export function actionsCustomization(customizations: Customizations, group: string, kind: string): Customization {
  return customizations.get(formatGroupKind(group, kind)) ?? {}
}
