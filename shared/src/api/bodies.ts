import { Type, type TSchema } from 'typebox'
import { ApplicationSpec, RetryStrategy, SyncOperationResource } from '../argo/application.ts'
import { AppProjectSpec } from '../argo/project.ts'

/** Bodies of requests. Fields that are not named here travel along; nothing is required that Argo CD does not require. */
const open = { additionalProperties: true } as const
const text = Type.Optional(Type.String())
const flag = Type.Optional(Type.Boolean())
const number = Type.Optional(Type.Union([Type.Integer(), Type.String({ pattern: '^-?[0-9]+$' })]))
const texts = Type.Optional(Type.Array(Type.String()))
const textMap = Type.Optional(Type.Record(Type.String(), Type.String()))
const object = (fields: Record<string, TSchema>) => Type.Object(fields, open)

const metadata = Type.Optional(
  object({
    name: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    finalizers: texts,
    resourceVersion: text,
  }),
)
/** Specs are checked where they are stored, which names each field; here only that there is one to check. */
const anySpec = Type.Optional(object({}))

/** As it is, with nothing required at any depth: what must be there is told by those who know why. */
function loose(schema: TSchema): TSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value).filter(([key, each]) => key !== 'required' || !Array.isArray(each))
    return Object.fromEntries(kept.map(([key, each]) => [key, walk(each)]))
  }
  return walk(schema) as TSchema
}

export const Session = object({ username: text, password: text })
export const UpdatePassword = object({ name: text, currentPassword: text, newPassword: text })
export const CreateToken = object({ id: text, expiresIn: number })
export const ApplicationBody = loose(object({ metadata, spec: Type.Optional(ApplicationSpec) }))
export const ApplicationSpecBody = loose(ApplicationSpec)
export const ApplicationPatch = object({ patch: text, patchType: text, appNamespace: text, project: text })
const force = Type.Optional(object({ force: flag }))
export const Sync = object({
  name: text,
  appNamespace: text,
  project: text,
  revision: text,
  revisions: texts,
  sourcePositions: Type.Optional(Type.Array(Type.Union([Type.Integer(), Type.String({ pattern: '^[0-9]+$' })]))),
  dryRun: flag,
  prune: flag,
  strategy: Type.Optional(object({ apply: force, hook: force })),
  resources: Type.Optional(Type.Array(loose(SyncOperationResource))),
  manifests: texts,
  infos: Type.Optional(Type.Array(object({ name: text, value: text }))),
  retryStrategy: Type.Optional(RetryStrategy),
  syncOptions: Type.Optional(Type.Union([object({ items: texts }), Type.Array(Type.String())])),
})
export const Rollback = object({
  name: text,
  id: number,
  dryRun: flag,
  prune: flag,
  appNamespace: text,
  project: text,
  /** Ours: by a commit to the branch instead of a sync. */
  inGit: flag,
})
export const RunAction = object({
  appNamespace: text,
  project: text,
  namespace: text,
  resourceName: text,
  version: text,
  kind: text,
  group: text,
  action: text,
  resourceActionParameters: Type.Optional(Type.Array(object({ name: text, value: text }))),
})
export const ApplicationSetBody = object({ metadata, spec: anySpec })
export const GenerateBody = object({ applicationSet: Type.Optional(ApplicationSetBody) })
const project = loose(object({ metadata, spec: Type.Optional(AppProjectSpec) }))
export const ProjectBody = object({ project: Type.Optional(project), upsert: flag })
export const ClusterBody = object({ name: text, server: text, project: text, labels: textMap, annotations: textMap })
export const Enrolment = object({ labels: textMap, annotations: textMap, project: text, replace: flag })
export const RepositoryBody = object({
  repo: text,
  type: text,
  name: text,
  project: text,
  username: text,
  password: text,
  bearerToken: text,
  sshPrivateKey: text,
  insecure: flag,
  enableOCI: flag,
  enableLfs: flag,
  proxy: text,
  tlsClientCertData: text,
  tlsClientCertKey: text,
})
export const RepoCredsBody = Type.Object({ ...RepositoryBody.properties, url: text }, open)
export const AppDetails = object({
  source: Type.Optional(object({ repoURL: text, path: text, targetRevision: text, chart: text })),
  appName: text,
  appProject: text,
  sourceIndex: number,
  versionId: number,
})
export const Certificates = object({
  items: Type.Optional(
    Type.Array(object({ serverName: text, certType: text, certSubType: text, certData: text, certInfo: text })),
  ),
})
export const GpgKey = object({ keyID: text, keyData: text })
