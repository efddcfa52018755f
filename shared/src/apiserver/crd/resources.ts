import { createHash } from 'node:crypto'
import type { KubeObject } from '../../k8s/object.ts'
import type { Resource, Subresource } from '../resource.ts'
import { metadataType } from '../schema/builtin.ts'
import { TypeCompiler } from '../schema/compile.ts'
import type { RawSchema, StructType } from '../schema/types.ts'
import type { KindStrategy } from '../strategy.ts'
import { quoteGo } from '../validation/field-errors.ts'
import { qualifiedName } from '../validation/names.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf, type Fields } from '../validation/values.ts'
import { CelPrograms } from './cel.ts'
import { customTable, readPath } from './columns.ts'
import { blocksRules, checkRules, hasRules, rulesSkipped } from './rules.ts'
import { applyDefaults, dropNulls, isShaped, prune } from './shape.ts'
import { validateValue } from './validate.ts'

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** The rows by which a definition's served versions join the API. */
export function resourcesOf(definition: KubeObject): Resource[] {
  const spec = fieldsOf(definition['spec'])
  const versions = fieldsList(spec['versions'])
  const storage = versions.find((version) => version['storage'] === true) ?? {}
  return versions.filter((version) => version['served'] === true).map((version) => resourceOf(spec, version, storage))
}

function resourceOf(spec: Fields, version: Fields, storage: Fields): Resource {
  const names = fieldsOf(spec['names'])
  const group = textOf(spec['group'])
  const name = textOf(version['name'])
  const kind = textOf(names['kind'])
  const schema = schemaOf(version)
  const storageName = textOf(storage['name'])
  const scale = fieldsOf(version['subresources'])['scale']
  const hash = createHash('sha256').update(`${group}/${storageName}/${kind}`).digest().subarray(0, 8).toString('base64')
  return {
    group,
    version: name,
    plural: textOf(names['plural']),
    singular: textOf(names['singular']),
    kind,
    listKind: textOf(names['listKind']),
    shortNames: listOf(names['shortNames']).map(textOf),
    categories: listOf(names['categories']).map(textOf),
    namespaced: spec['scope'] === 'Namespaced',
    verbs,
    subresources: subresourcesOf(kind, version),
    storageVersionHash: hash,
    type: typeOf(schema),
    schema: schema as RawSchema,
    schemaName: `${group.split('.').reverse().join('.')}.${name}.${kind}`,
    custom: true,
    tracksGeneration: true,
    strategy: strategyOf(schema),
    table: customTable(version),
    ...(isFields(scale) ? { scalePaths: scalePaths(scale) } : {}),
    ...(version['deprecated'] === true
      ? { deprecation: textOf(version['deprecationWarning']) || `${group}/${name} ${kind} is deprecated` }
      : {}),
    ...selectable(version),
    ...conversion(`${group}/${name}`, `${group}/${storageName}`, schema, schemaOf(storage)),
  }
}

function subresourcesOf(kind: string, version: Fields): Subresource[] {
  const { status, scale } = fieldsOf(version['subresources'])
  const verbs = ['get', 'patch', 'update']
  return [
    ...(isFields(status) ? [{ name: 'status', kind, verbs }] : []),
    ...(isFields(scale) ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs }] : []),
  ]
}

function scalePaths(scale: Fields): NonNullable<Resource['scalePaths']> {
  const labelSelector = textOf(scale['labelSelectorPath'])
  return {
    specReplicas: textOf(scale['specReplicasPath']),
    statusReplicas: textOf(scale['statusReplicasPath']),
    ...(labelSelector === '' ? {} : { labelSelector }),
  }
}

function selectable(version: Fields): Pick<Resource, 'selectableFields'> {
  const paths = fieldsList(version['selectableFields']).map((field) => textOf(field['jsonPath']))
  if (paths.length === 0) return {}
  return {
    selectableFields: Object.fromEntries(
      paths.map((path) => [path.replace(/^\./, ''), (object: KubeObject) => scalarText(readPath(object, path)[0])]),
    ),
  }
}

/** The type of a whole object: the schema's own fields, and what every object has. */
function typeOf(schema: Fields): StructType {
  const properties = { ...fieldsOf(schema['properties']) }
  for (const name of ['apiVersion', 'kind']) properties[name] = { type: 'string' }
  delete properties['metadata']
  const type = new TypeCompiler().compile({ ...schema, type: 'object', properties } as RawSchema)
  const metadata = {
    type: metadataType(),
    default: undefined,
    required: false,
    zero: 'keep',
    absent: 'nothing',
    patchStrategy: [],
    mergeKey: undefined,
  } as const
  if (type.form !== 'struct')
    return { form: 'struct', fields: new Map([['metadata', metadata]]), atomic: false, rest: undefined, name: '' }
  return { ...type, fields: new Map([...type.fields, ['metadata', metadata]]) }
}

function schemaOf(version: Fields): Fields {
  return fieldsOf(fieldsOf(version['schema'])['openAPIV3Schema'])
}

/**
 * No conversion but of the version's name. What is read fits the schema of the stored version as it is now, and then that of
 * the version asked for: neither knows more than its own fields, and both fill in their defaults.
 */
function conversion(
  version: string,
  stored: string,
  schema: Fields,
  storedSchema: Fields,
): Pick<Resource, 'fromStorage' | 'toStorage'> {
  const schemas = version === stored ? [storedSchema] : [storedSchema, schema]
  const shaped = new WeakMap<KubeObject, KubeObject>()
  const shape = (object: KubeObject): KubeObject => {
    if (object.apiVersion === version && schemas.every((one) => isShaped(one, object))) return object
    const copy = structuredClone(object)
    for (const one of schemas) {
      prune(one, copy)
      applyDefaults(one, copy)
    }
    return { ...copy, apiVersion: version }
  }
  return {
    fromStorage: (object) => {
      const known = shaped.get(object) ?? shape(object)
      shaped.set(object, known)
      return known
    },
    toStorage: (object) => (object.apiVersion === stored ? object : { ...object, apiVersion: stored }),
  }
}

function strategyOf(schema: Fields): KindStrategy {
  const programs = new CelPrograms()
  const ruled = hasRules(schema)
  return {
    defaults: (next) => {
      dropNulls(schema, next)
      applyDefaults(schema, next)
    },
    validate: (next, previous) => {
      const old = previous === undefined ? undefined : { value: withoutMetadata(previous) }
      const value = withoutMetadata(next)
      const errors = validateValue(schema, value, '', old)
      if (!ruled) return errors
      if (blocksRules(errors)) return [...errors, rulesSkipped]
      return [...errors, ...checkRules(schema, value, '', programs, old)]
    },
    warnings: (next, previous, { subresource }) => (subresource === undefined ? finalizerWarnings(next, previous) : []),
  }
}

const plainFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** New finalizers had better be named after a domain. */
function finalizerWarnings(next: KubeObject, previous: KubeObject | undefined): string[] {
  const before = previous?.metadata.finalizers ?? []
  const added = [...new Set(next.metadata.finalizers)].filter((name) => !before.includes(name)).sort()
  return added.flatMap((name) => [
    ...qualifiedName(name).map((message) => `metadata.finalizers: ${quoteGo(name)}: ${message}`),
    ...(name.includes('/') || plainFinalizers.has(name)
      ? []
      : [
          `metadata.finalizers: ${quoteGo(name)}: prefer a domain-qualified finalizer name${name.includes('.') ? ' including a path (/)' : ''} to avoid accidental conflicts with other finalizer writers`,
        ]),
  ])
}

function withoutMetadata(object: KubeObject): Fields {
  const { name, generateName } = object.metadata
  return { ...object, metadata: { ...(isSet(name) ? { name } : {}), ...(isSet(generateName) ? { generateName } : {}) } }
}

/** `plural.group` of a definition. */
export function definedName(definition: KubeObject): string {
  return `${textOf(at(definition, 'spec', 'names')['plural'])}.${textOf(fieldsOf(definition['spec'])['group'])}`
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
