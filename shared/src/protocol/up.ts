import { Type, type Static } from 'typebox'
import { Digest } from './desired.ts'
import { ApplicationReport } from './report.ts'

const strict = { additionalProperties: false } as const

/** The cluster cannot be asked. How long is said, not since when: clocks differ. */
export const Trouble = Type.Object({ forMs: Type.Integer({ minimum: 0 }), message: Type.String() }, strict)
export type Trouble = Static<typeof Trouble>

/** The first word of an agent. Everything in it informs; nothing in it chooses whose data is touched. */
export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    agentVersion: Type.String({ maxLength: 64 }),
    /** Random at each start of the process: tells a reconnect from a second agent. */
    instance: Type.String({ maxLength: 64 }),
    /** Step aside if another agent of this identity is connected. */
    yield: Type.Optional(Type.Boolean()),
    /** If present it must be the name that the credential stands for. */
    cluster: Type.Optional(Type.String({ maxLength: 256 })),
    /** Of the namespace kube-system: the same cluster under two names is told by it. */
    clusterUid: Type.Optional(Type.String({ maxLength: 128 })),
    /** Digest of all assignments that the agent holds complete. */
    desired: Digest,
    /** Digest of all reports that were acknowledged. */
    reports: Digest,
    kubernetesVersion: Type.Optional(Type.String({ maxLength: 128 })),
    /** Since version 2. */
    trouble: Type.Optional(Trouble),
  },
  strict,
)

/** Answers `welcome` where digests differ: what the agent holds, as marks. */
export const Inventory = Type.Object(
  { type: Type.Literal('inventory'), items: Type.Array(Type.Tuple([Type.String(), Type.String()])) },
  strict,
)

/** Asks for content: a bundle itself, or manifests and settings that the bundle names. */
export const Fetch = Type.Object(
  {
    type: Type.Literal('fetch'),
    wants: Type.Array(Type.Object({ bundle: Digest, digests: Type.Optional(Type.Array(Digest)) }, strict), {
      maxItems: 10_000,
    }),
  },
  strict,
)

/** An assignment is not taken: it is older than what the agent holds. */
export const Refused = Type.Object(
  {
    type: Type.Literal('refused'),
    application: Type.String(),
    incarnation: Type.String(),
    /** The generation that the agent holds. */
    held: Type.Integer(),
  },
  strict,
)

export const Reports = Type.Object(
  { type: Type.Literal('reports'), reports: Type.Array(ApplicationReport, { maxItems: 1_000 }) },
  strict,
)

export const Answer = Type.Object({ type: Type.Literal('answer'), id: Type.Integer(), result: Type.Unknown() }, strict)
export const Failure = Type.Object(
  { type: Type.Literal('failure'), id: Type.Integer(), code: Type.String(), message: Type.String() },
  strict,
)
export const Chunk = Type.Object({ type: Type.Literal('chunk'), id: Type.Integer(), data: Type.Unknown() }, strict)
export const End = Type.Object({ type: Type.Literal('end'), id: Type.Integer() }, strict)

/** Replaces the agent's key; `proof` is a token signed by the new key. The old one stays good for the overlap. */
export const Rotate = Type.Object(
  {
    type: Type.Literal('rotate'),
    key: Type.Object({ kty: Type.String(), crv: Type.String(), x: Type.String() }, strict),
    proof: Type.String({ maxLength: 4096 }),
  },
  strict,
)

export const Facts = Type.Object(
  {
    type: Type.Literal('facts'),
    kubernetesVersion: Type.Optional(Type.String({ maxLength: 128 })),
    apis: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: 20_000 })),
    /** Since version 2; null: it is over. */
    trouble: Type.Optional(Type.Union([Trouble, Type.Null()])),
    /** Since version 2: all kinds (`group/kind`) that cannot be seen for now, and why. */
    unseen: Type.Optional(Type.Array(Type.Tuple([Type.String(), Type.String()]), { maxItems: 1_000 })),
  },
  strict,
)
export type Facts = Static<typeof Facts>

export const Ping = Type.Object({ type: Type.Literal('ping') }, strict)
export const Pong = Type.Object({ type: Type.Literal('pong') }, strict)

/** All that an agent says to a hub. */
export const Up = Type.Union([
  Hello,
  Inventory,
  Fetch,
  Refused,
  Reports,
  Answer,
  Failure,
  Chunk,
  End,
  Rotate,
  Facts,
  Ping,
  Pong,
])
export type Up = Static<typeof Up>
export type Hello = Static<typeof Hello>
