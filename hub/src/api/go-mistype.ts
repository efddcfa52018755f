import * as bodies from '@flotilla/shared/api/bodies'
import { dictionary } from '@flotilla/shared/lang/dictionary'
import { isObject } from '@flotilla/shared/lang/json'
import type { TSchema } from 'typebox'

/** What Argo CD's types are called that bodies are read into. */
const roots: ReadonlyMap<TSchema, string> = new Map<TSchema, string>([
  [bodies.Session, 'session.SessionCreateRequest'],
  [bodies.UpdatePassword, 'account.UpdatePasswordRequest'],
  [bodies.CreateToken, 'account.CreateTokenRequest'],
  [bodies.ApplicationBody, 'v1alpha1.Application'],
  [bodies.ApplicationSpecBody, 'v1alpha1.ApplicationSpec'],
  [bodies.ApplicationPatch, 'application.ApplicationPatchRequest'],
  [bodies.Sync, 'application.ApplicationSyncRequest'],
  [bodies.Rollback, 'application.ApplicationRollbackRequest'],
  [bodies.RunAction, 'application.ResourceActionRunRequestV2'],
  [bodies.ApplicationSetBody, 'v1alpha1.ApplicationSet'],
  [bodies.ProjectBody, 'project.ProjectCreateRequest'],
  [bodies.ClusterBody, 'v1alpha1.Cluster'],
  [bodies.RepositoryBody, 'v1alpha1.Repository'],
  [bodies.RepoCredsBody, 'v1alpha1.RepoCreds'],
  [bodies.Certificates, 'v1alpha1.RepositoryCertificateList'],
  [bodies.GpgKey, 'v1alpha1.GnuPGPublicKey'],
])

/** Of the fields of these types what is neither a scalar nor made of scalars. */
const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = dictionary({
  'application.ApplicationSyncRequest': {
    infos: '[]*v1alpha1.Info',
    resources: '[]*v1alpha1.SyncOperationResource',
    retryStrategy: 'v1alpha1.RetryStrategy',
    strategy: 'v1alpha1.SyncStrategy',
    syncOptions: 'application.SyncOptions',
  },
  'application.ResourceActionRunRequestV2': { resourceActionParameters: '[]*application.ResourceActionParameters' },
  'project.ProjectCreateRequest': { project: 'v1alpha1.AppProject' },
  'v1alpha1.AppProject': { metadata: 'v1.ObjectMeta', spec: 'v1alpha1.AppProjectSpec' },
  'v1alpha1.AppProjectSpec': {
    clusterResourceBlacklist: '[]v1alpha1.ClusterResourceRestrictionItem',
    clusterResourceWhitelist: '[]v1alpha1.ClusterResourceRestrictionItem',
    destinationServiceAccounts: '[]v1alpha1.ApplicationDestinationServiceAccount',
    destinations: '[]v1alpha1.ApplicationDestination',
    namespaceResourceBlacklist: '[]v1.GroupKind',
    namespaceResourceWhitelist: '[]v1.GroupKind',
    orphanedResources: 'v1alpha1.OrphanedResourcesMonitorSettings',
    roles: '[]v1alpha1.ProjectRole',
    signatureKeys: '[]v1alpha1.SignatureKey',
    syncWindows: 'v1alpha1.SyncWindows',
  },
  'v1alpha1.Application': { metadata: 'v1.ObjectMeta', spec: 'v1alpha1.ApplicationSpec' },
  'v1alpha1.ApplicationSet': { metadata: 'v1.ObjectMeta', spec: 'v1alpha1.ApplicationSetSpec' },
  'v1alpha1.ApplicationSource': {
    directory: 'v1alpha1.ApplicationSourceDirectory',
    helm: 'v1alpha1.ApplicationSourceHelm',
    kustomize: 'v1alpha1.ApplicationSourceKustomize',
    plugin: 'v1alpha1.ApplicationSourcePlugin',
  },
  'v1alpha1.ApplicationSourceDirectory': { jsonnet: 'v1alpha1.ApplicationSourceJsonnet' },
  'v1alpha1.ApplicationSourceHelm': {
    fileParameters: '[]v1alpha1.HelmFileParameter',
    parameters: '[]v1alpha1.HelmParameter',
  },
  'v1alpha1.ApplicationSourceKustomize': {
    images: 'v1alpha1.KustomizeImages',
    patches: 'v1alpha1.KustomizePatches',
    replicas: 'v1alpha1.KustomizeReplicas',
  },
  'v1alpha1.ApplicationSpec': {
    destination: 'v1alpha1.ApplicationDestination',
    ignoreDifferences: 'v1alpha1.IgnoreDifferences',
    info: '[]v1alpha1.Info',
    source: 'v1alpha1.ApplicationSource',
    sourceHydrator: 'v1alpha1.SourceHydrator',
    sources: 'v1alpha1.ApplicationSources',
    syncPolicy: 'v1alpha1.SyncPolicy',
  },
  'v1alpha1.OrphanedResourcesMonitorSettings': { ignore: '[]v1alpha1.OrphanedResourceKey' },
  'v1alpha1.ProjectRole': { jwtTokens: '[]v1alpha1.JWTToken' },
  'v1alpha1.RepositoryCertificateList': { items: '[]v1alpha1.RepositoryCertificate' },
  'v1alpha1.RetryStrategy': { backoff: 'v1alpha1.Backoff' },
  'v1alpha1.SyncPolicy': {
    automated: 'v1alpha1.SyncPolicyAutomated',
    managedNamespaceMetadata: 'v1alpha1.ManagedNamespaceMetadata',
    retry: 'v1alpha1.RetryStrategy',
    syncOptions: 'v1alpha1.SyncOptions',
  },
  'v1alpha1.SyncStrategy': { apply: 'v1alpha1.SyncStrategyApply', hook: 'v1alpha1.SyncStrategyHook' },
})

/** What lists with a name of their own hold. */
const items: Readonly<Record<string, string>> = dictionary({
  'v1alpha1.ApplicationSources': 'v1alpha1.ApplicationSource',
  'v1alpha1.IgnoreDifferences': 'v1alpha1.ResourceIgnoreDifferences',
  'v1alpha1.KustomizeImages': 'v1alpha1.KustomizeImage',
  'v1alpha1.KustomizePatches': 'v1alpha1.KustomizePatch',
  'v1alpha1.KustomizeReplicas': 'v1alpha1.KustomizeReplica',
  'v1alpha1.SyncOptions': 'string',
  'v1alpha1.SyncWindows': 'v1alpha1.SyncWindow',
})

interface Schema {
  readonly type?: string
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** Where a value is: in a field of a type, by the names of all fields on the way. */
interface Place {
  readonly struct: string
  readonly path: readonly string[]
}

/** What Go's decoder says of the first value of a body that is of the wrong type; undefined where it would say nothing. */
export function goMistype(schema: TSchema, body: unknown): string | undefined {
  const root = roots.get(schema)
  return root === undefined ? undefined : mistype(schema as Schema, body, root, { struct: '', path: [] })
}

function mistype(schema: Schema, value: unknown, type: string | undefined, place: Place): string | undefined {
  // Numbers may come as texts, and some structs in an older form.
  const { properties, patternProperties, items: item, type: kind = 'any' } = schema.anyOf?.[0] ?? schema
  if (value === null || value === undefined) return undefined
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? undefined : words(value, type ?? 'string', place)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : words(value, type ?? 'bool', place)
    case 'integer':
      return Number.isInteger(value) ? undefined : words(value, type ?? 'int64', place)
    case 'array': {
      const name = type ?? `[]${scalar(item) ?? 'interface {}'}`
      if (!Array.isArray(value)) return words(value, name, place)
      const each = items[name] ?? name.replace(/^\[\]\*?/, '')
      return first(value, (one) => mistype(item ?? {}, one, each, place))
    }
    case 'object': {
      if (!isObject(value)) return words(value, type ?? 'map[string]string', place)
      const values = Object.values(patternProperties ?? {})[0]
      if (values) return first(Object.values(value), (one) => mistype(values, one, undefined, place))
      const known = fields[type ?? ''] ?? {}
      return first(Object.entries(value), ([key, one]) => {
        const field = properties && Object.hasOwn(properties, key) ? properties[key] : undefined
        const at = { struct: type ?? '', path: [...place.path, key] }
        return field && mistype(field, one, Object.hasOwn(known, key) ? known[key] : undefined, at)
      })
    }
    default:
      return undefined
  }
}

function scalar(schema: Schema | undefined): string | undefined {
  return { string: 'string', boolean: 'bool', integer: 'int64' }[(schema?.anyOf?.[0] ?? schema)?.type ?? '']
}

function first<T>(all: Iterable<T>, find: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = find(one)
    if (found !== undefined) return found
  }
  return undefined
}

function words(value: unknown, type: string, { struct, path }: Place): string {
  const where = path.length === 0 ? 'Go value' : `Go struct field ${struct.replace(/^.*\./, '')}.${path.join('.')}`
  return `json: cannot unmarshal ${kindOf(value, type)} into ${where} of type ${type}`
}

function kindOf(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' && type === 'int64') return `number ${String(value)}`
  return typeof value
}
