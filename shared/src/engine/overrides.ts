import { dictionary } from '../lang/dictionary.ts'
import { keptBy } from '../lang/kept-by.ts'
import { parseYaml } from '../k8s/yaml.ts'
import { keysOf, prefix, readFields } from './health/customizations.ts'
import { isMap, jsonType, wrongType } from './health/go-json.ts'

type Config = Readonly<Record<string, string>>

/** What of a kind's objects comparison, or the watch for changes, leaves out. */
export interface IgnoredFields {
  readonly jsonPointers?: readonly string[]
  readonly jqPathExpressions?: readonly string[]
  readonly managedFieldsManagers?: readonly string[]
}

export interface KnownTypeField {
  readonly field: string
  readonly type: string
}

/** What argocd-cm says of comparing one kind. */
export interface ResourceOverride {
  readonly ignoreDifferences?: IgnoredFields
  readonly ignoreResourceUpdates?: IgnoredFields
  readonly knownTypeFields?: readonly KnownTypeField[]
}

/**
 * `resource.customizations` and the keys below it, by `group/Kind`. Read once for settings that all applications share.
 * Throws in Argo CD's words where they cannot be read.
 */
export const resourceOverrides: (argocdCm: Config) => ReadonlyMap<string, ResourceOverride> = keptBy(read)

export interface CompareOptions {
  readonly ignoreAggregatedRoles?: boolean
  readonly ignoreDifferencesOnResourceUpdates?: boolean
  readonly ignoreResourceStatusField?: string
}

/** `resource.compareoptions`. Throws as {@link resourceOverrides} does. */
export const compareOptions: (argocdCm: Config) => CompareOptions = keptBy((argocdCm) => {
  try {
    return decoding(() => readCompareOptions(parseYaml(argocdCm['resource.compareoptions'] ?? '')))
  } catch (error) {
    throw inFront('failed to get compare options: ', error)
  }
})

function read(argocdCm: Config): ReadonlyMap<string, ResourceOverride> {
  const found = new Map<string, ResourceOverride>()
  const together = argocdCm[prefix]
  if (together) decoding(() => readTogether(parseYaml(together), found))
  for (const { kind, type, text } of keysOf(argocdCm)) {
    const decode = decoders[type]
    // A key of its own replaces what the map says of the same kind.
    if (decode) found.set(kind, { ...found.get(kind), [type]: decoding(() => decode(parseYaml(text))) })
  }
  return found
}

const decoders: Readonly<Record<string, (value: unknown) => unknown>> = dictionary({
  ignoreDifferences: decodeFields,
  ignoreResourceUpdates: decodeFields,
  knownTypeFields: decodeKnownTypes,
})

/** In the map the rules of a kind are YAML within YAML. */
function readTogether(value: unknown, found: Map<string, ResourceOverride>): void {
  if (value === null || value === undefined) return
  if (!isMap(value)) throw new Error(wrongType(value, 'value of type map[string]v1alpha1.ResourceOverride'))
  for (const [kind, fields] of Object.entries(value)) {
    if (fields === null) continue
    if (!isMap(fields)) throw new Error(wrongType(fields, 'value of type v1alpha1.rawResourceOverride'))
    readFields(fields)
    const of = (name: string): unknown => fieldOf(fields, name)
    const rules = (name: string): IgnoredFields => {
      const text = of(name) ?? ''
      if (typeof text === 'string') return decoding(() => decodeFields(parseYaml(text)))
      throw new Error(wrongType(text, `struct field rawResourceOverride.${name} of type string`))
    }
    found.set(kind, {
      ignoreDifferences: rules('ignoreDifferences'),
      ignoreResourceUpdates: rules('ignoreResourceUpdates'),
      knownTypeFields: decodeKnownTypes(of('knownTypeFields') ?? []),
    })
  }
}

function decodeFields(value: unknown): IgnoredFields {
  if (value === null || value === undefined) return {}
  if (!isMap(value)) throw new Error(wrongType(value, 'value of type v1alpha1.OverrideIgnoreDiff'))
  const texts = (name: string): readonly string[] => decodeTexts(fieldOf(value, name), name)
  return {
    jsonPointers: texts('jsonPointers'),
    jqPathExpressions: texts('jqPathExpressions'),
    managedFieldsManagers: texts('managedFieldsManagers'),
  }
}

function decodeTexts(value: unknown, name: string): readonly string[] {
  const field = `struct field OverrideIgnoreDiff.${name} of type`
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Error(wrongType(value, `${field} []string`))
  return value.map((item: unknown) => text(item, `${field} string`))
}

function decodeKnownTypes(value: unknown): readonly KnownTypeField[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Error(wrongType(value, 'value of type []v1alpha1.KnownTypeField'))
  return value.map((item: unknown) => {
    if (!isMap(item ?? {})) throw new Error(wrongType(item, 'value of type v1alpha1.KnownTypeField'))
    const of = (name: string): string =>
      text(fieldOf((item ?? {}) as Fields, name), `struct field KnownTypeField.${name} of type string`)
    return { field: of('field'), type: of('type') }
  })
}

function readCompareOptions(value: unknown): CompareOptions {
  if (value === null || value === undefined) return {}
  if (!isMap(value)) throw new Error(wrongType(value, 'value of type settings.ArgoCDDiffOptions'))
  const flag = (name: string): Record<string, boolean> => {
    const said = fieldOf(value, name) ?? undefined
    if (said === undefined) return {}
    if (typeof said === 'boolean') return { [name]: said }
    throw new Error(wrongType(said, `struct field ArgoCDDiffOptions.${name} of type bool`))
  }
  const status = 'ignoreResourceStatusField'
  return {
    ...flag('ignoreAggregatedRoles'),
    ...flag('ignoreDifferencesOnResourceUpdates'),
    [status]: text(fieldOf(value, status), `struct field ArgoCDDiffOptions.${status} of type settings.IgnoreStatus`),
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Go finds the fields of JSON whatever their case. */
function fieldOf(fields: Fields, name: string): unknown {
  if (name in fields) return fields[name]
  const small = name.toLowerCase()
  return Object.entries(fields).find(([key]) => key.toLowerCase() === small)?.[1]
}

/** A text; YAML's numbers and booleans are texts where a text is wanted. */
function text(value: unknown, target: string): string {
  if (value === null || value === undefined) return ''
  const type = jsonType(value)
  if (type === 'array' || type === 'object') throw new Error(wrongType(value, target))
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Mistakes in the types of what was YAML. */
function decoding<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    const isSyntax = error instanceof Error && error.message.startsWith('error converting YAML to JSON: ')
    throw isSyntax ? error : inFront('error unmarshaling JSON: while decoding JSON: ', error)
  }
}

function inFront(words: string, error: unknown): Error {
  return new Error(`${words}${error instanceof Error ? error.message : String(error)}`, { cause: error })
}
