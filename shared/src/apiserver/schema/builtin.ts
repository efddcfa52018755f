import { dictionary } from '../../lang/dictionary.ts'
import type { Resource, Subresource } from '../resource.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { KindStrategy, KindVersion } from '../strategy.ts'
import { resourceName } from '../resource.ts'
import definitionsJson from './builtin/definitions.json' with { type: 'json' }
import resourcesJson from './builtin/resources.json' with { type: 'json' }
import { TypeCompiler } from './compile.ts'
import { decodeBuiltin } from './decode.ts'
import { goFields, omitsZero, writtenWhenAbsent } from './go-structs.ts'
import type { RawSchema, StructType, Type } from './types.ts'

interface Row {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
  readonly schema?: string
  readonly subresources?: readonly Subresource[]
}

/** The OpenAPI schemas of all built-in kinds, by name. */
export const definitions = definitionsJson as unknown as Readonly<Record<string, RawSchema>>

const compiler = new TypeCompiler(definitions, {
  encodings: (struct) =>
    new Map(
      goFields(struct).map((field) => [
        field.json,
        {
          omitsZero: omitsZero(field),
          absent: writtenWhenAbsent(field),
          named: field.named,
          namedWhole: field.namedWhole,
          embedded: field.embedded,
        },
      ]),
    ),
})
const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** The type of a named built-in definition. */
export const builtinType = (name: string): Type => compiler.named(name)
/** Object metadata: of custom resources too. */
export const metadataType = (): Type => compiler.named(metaName)

const putCreates = new Set([
  'leases.coordination.k8s.io',
  'endpoints',
  'events',
  'events.events.k8s.io',
  'limitranges',
  'resourcequotas',
  'services',
  'serviceaccounts',
])
putCreates.add('clusterroles.rbac.authorization.k8s.io').add('clusterrolebindings.rbac.authorization.k8s.io')
putCreates
  .add('roles.rbac.authorization.k8s.io')
  .add('rolebindings.rbac.authorization.k8s.io')
  .add('runtimeclasses.node.k8s.io')

/** Kinds of which an update must say which version it is based on. */
const updatesNeedVersion = new Set([
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
  ...['validating', 'mutating'].flatMap((kind) =>
    ['webhookconfigurations', 'admissionpolicies', 'admissionpolicybindings'].map(
      (plural) => `${kind}${plural}.admissionregistration.k8s.io`,
    ),
  ),
  'leases.coordination.k8s.io',
  'runtimeclasses.node.k8s.io',
  'poddisruptionbudgets.policy',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
])

/** Kinds of which every use is warned. */
const deprecations: Readonly<Record<string, string>> = dictionary({
  componentstatuses: 'v1 ComponentStatus is deprecated in v1.19+',
  endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
})

/** Kinds without spec that count generations all the same, and kinds with spec that do not. */
const generation: Readonly<Record<string, boolean>> = dictionary({
  'endpointslices.discovery.k8s.io': true,
  podtemplates: true,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': true,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': true,
  'priorityclasses.scheduling.k8s.io': true,
  services: false,
  namespaces: false,
  nodes: false,
  persistentvolumes: false,
  persistentvolumeclaims: false,
  resourcequotas: false,
  limitranges: false,
  'leases.coordination.k8s.io': false,
  'volumeattachments.storage.k8s.io': false,
  'horizontalpodautoscalers.autoscaling': false,
  'csidrivers.storage.k8s.io': false,
  'csinodes.storage.k8s.io': false,
})

function toResource(row: Row, strategies: Readonly<Record<string, KindStrategy>>): Resource {
  const name = resourceName(row)
  const raw = row.schema === undefined ? undefined : definitions[row.schema]
  let type: StructType | undefined
  const own = strategies[name]
  const version = own?.versions?.[row.version]
  // Another version shows the same table of the same objects.
  const strategy = version?.strategy ? { ...version.strategy, ...(own?.table ? { table: own.table } : {}) } : own
  const resource: Resource = {
    ...row,
    listKind: `${row.kind}List`,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    subresources: row.subresources ?? [],
    custom: false,
    virtual: !row.verbs.includes('get') && !row.verbs.includes('list'),
    putCreates: putCreates.has(name),
    updatesNeedVersion: updatesNeedVersion.has(name),
    tracksGeneration: generation[name] ?? raw?.properties?.['spec'] !== undefined,
    ...(name === 'priorityclasses.scheduling.k8s.io' ? { generationGrows: false as const } : {}),
    ...(row.schema && raw ? { schemaName: row.schema, schema: raw } : {}),
    ...(strategy ? { strategy } : {}),
    ...(deprecations[name] === undefined ? {} : { deprecation: deprecations[name] }),
    // Compiled when the kind is first used: starting stays quick.
    get type() {
      if (type === undefined && row.schema !== undefined) {
        const compiled = compiler.named(row.schema)
        if (compiled.form === 'struct') type = compiled
      }
      return type as StructType
    },
  } as Resource
  return version ? Object.defineProperties(resource, converting(resource, version)) : resource
}

/** What a kept object lacks in another version is written as that version writes it. */
function converting(resource: Resource, version: KindVersion): PropertyDescriptorMap {
  const read = (object: KubeObject): KubeObject => {
    const shown = version.fromStorage(object)
    return (resource.type ? decodeBuiltin(resource.type, shown).value : shown) as unknown as KubeObject
  }
  return {
    fromStorage: { value: read, enumerable: true },
    toStorage: { value: (object: KubeObject) => version.toStorage(object), enumerable: true },
    ...(version.storage ? { storage: { value: version.storage, enumerable: true } } : {}),
  }
}

/** All built-in resources, with what is special about a kind by `plural.group`. */
export function builtinResources(strategies: Readonly<Record<string, KindStrategy>> = {}): readonly Resource[] {
  return (resourcesJson as unknown as readonly Row[]).map((row) => toResource(row, strategies))
}
