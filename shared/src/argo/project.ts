import { Type } from 'typebox'

/** Argo CD's AppProject as its definition describes it; unknown fields travel along untouched. */
const open = { additionalProperties: true } as const
const str = Type.Optional(Type.String())
const bool = Type.Optional(Type.Boolean())
const strings = Type.Optional(Type.Array(Type.String()))

const GroupKind = Type.Object({ group: Type.String(), kind: Type.String() }, open)
const Restriction = Type.Object({ group: Type.String(), kind: Type.String(), name: str }, open)
const Token = Type.Object({ iat: Type.Integer(), exp: Type.Optional(Type.Integer()), id: str }, open)
const Tokens = Type.Optional(Type.Array(Token))

const Role = Type.Object(
  { name: Type.String(), description: str, policies: strings, groups: strings, jwtTokens: Tokens },
  open,
)

const SyncWindow = Type.Object(
  {
    kind: str,
    schedule: str,
    duration: str,
    applications: strings,
    namespaces: strings,
    clusters: strings,
    manualSync: bool,
    timeZone: str,
    andOperator: bool,
    syncOverrun: bool,
    description: str,
  },
  open,
)

const ServiceAccount = Type.Object(
  { server: Type.String(), namespace: str, defaultServiceAccount: Type.String() },
  open,
)

export const AppProjectSpec = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 255 })),
    sourceRepos: strings,
    sourceNamespaces: strings,
    destinations: Type.Optional(Type.Array(Type.Object({ server: str, name: str, namespace: str }, open))),
    destinationServiceAccounts: Type.Optional(Type.Array(ServiceAccount)),
    clusterResourceWhitelist: Type.Optional(Type.Array(Restriction)),
    clusterResourceBlacklist: Type.Optional(Type.Array(Restriction)),
    namespaceResourceWhitelist: Type.Optional(Type.Array(GroupKind)),
    namespaceResourceBlacklist: Type.Optional(Type.Array(GroupKind)),
    orphanedResources: Type.Optional(
      Type.Object(
        { warn: bool, ignore: Type.Optional(Type.Array(Type.Object({ group: str, kind: str, name: str }, open))) },
        open,
      ),
    ),
    syncWindows: Type.Optional(Type.Array(SyncWindow)),
    roles: Type.Optional(Type.Array(Role)),
    signatureKeys: Type.Optional(Type.Array(Type.Object({ keyID: Type.String() }, open))),
    permitOnlyProjectScopedClusters: bool,
    sourceIntegrity: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  open,
)

export const AppProjectStatus = Type.Object(
  { jwtTokensByRole: Type.Optional(Type.Record(Type.String(), Type.Object({ items: Tokens }, open))) },
  open,
)
