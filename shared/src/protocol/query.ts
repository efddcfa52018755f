import { Type, type Static } from 'typebox'

const Ref = {
  group: Type.String(),
  version: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
}

/**
 * What the hub asks an agent on a user's behalf. Answers are JSON, or a stream of JSON chunks for `logs`.
 * `application` binds a query to what that application owns (or parents): an agent answers for nothing else.
 */
export const Query = Type.Union([
  /** → `{nodes, orphanedNodes, hosts}` of Argo CD's resource tree. */
  Type.Object({ type: Type.Literal('tree'), application: Type.String() }),
  /** → `{items}` of Argo CD's managed resources (targetState, liveState, normalizedLiveState, predictedLiveState as JSON text). */
  Type.Object({ type: Type.Literal('managed'), application: Type.String() }),
  /** Since version 2: how manifests (JSON) differ from what is there → `{items}`, as for `managed`, in their order. */
  Type.Object({
    type: Type.Literal('diff'),
    application: Type.String(),
    manifests: Type.Array(Type.String()),
    /** The server says what it would make of them, by dry runs. */
    serverSide: Type.Optional(Type.Boolean()),
  }),
  /** → the live object, Secrets masked. */
  Type.Object({ type: Type.Literal('live'), application: Type.String(), ...Ref }),
  /** → `{items}` of core/v1 Events of the object. */
  Type.Object({ type: Type.Literal('events'), application: Type.String(), ...Ref, uid: Type.Optional(Type.String()) }),
  Type.Object({
    type: Type.Literal('logs'),
    application: Type.String(),
    ...Ref,
    options: Type.Record(Type.String(), Type.Unknown()),
  }),
  /** → actions `{name, disabled, …}[]`. */
  Type.Object({ type: Type.Literal('actions'), application: Type.String(), ...Ref }),
  Type.Object({
    type: Type.Literal('run-action'),
    application: Type.String(),
    ...Ref,
    action: Type.String(),
    parameters: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
  Type.Object({
    type: Type.Literal('patch'),
    application: Type.String(),
    ...Ref,
    patchType: Type.String(),
    patch: Type.String(),
  }),
  Type.Object({
    type: Type.Literal('delete'),
    application: Type.String(),
    ...Ref,
    force: Type.Optional(Type.Boolean()),
    orphan: Type.Optional(Type.Boolean()),
  }),
  /** → `{gitVersion, apis: ["apps/v1", "apps/v1/Deployment", …]}` for rendering. */
  Type.Object({ type: Type.Literal('cluster-info') }),
])
export type Query = Static<typeof Query>
