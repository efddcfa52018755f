import { Type, type Static } from 'typebox'
import { Assignment, Digest } from './desired.ts'
import { Query } from './query.ts'
import { Ping, Pong } from './up.ts'

/** Newer hubs may say more: an agent reads what it knows. */
const open = { additionalProperties: true } as const

export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    /** Names this session in every numbered frame. */
    session: Type.String(),
    version: Type.Integer(),
    /** The name that the credential stands for. */
    cluster: Type.String(),
    /** The agent holds exactly what it should: nothing follows. Else it answers with its inventory. */
    resume: Type.Boolean(),
    /** The hub holds what the agent reported: nothing to repeat. */
    reported: Type.Boolean(),
    /** Digest of the kinds that the hub has been told the cluster serves: where they are others, the agent tells them. */
    served: Type.Optional(Type.String()),
    /** An agent that says nothing for this long sends a ping; after two and a half times it is taken for dead. */
    heartbeatMs: Type.Integer({ minimum: 1 }),
  },
  open,
)

/** What changed. `removed` forgets an application and touches nothing that it left in the cluster. */
export const Assign = Type.Object(
  {
    type: Type.Literal('assign'),
    assignments: Type.Array(Assignment),
    removed: Type.Array(Type.Object({ application: Type.String(), incarnation: Type.Optional(Type.String()) })),
    /** With this message the agent has been told everything. */
    complete: Type.Boolean(),
  },
  open,
)

export const Blobs = Type.Object(
  {
    type: Type.Literal('blobs'),
    items: Type.Array(
      Type.Object({
        digest: Digest,
        encoding: Type.Union([Type.Literal('text'), Type.Literal('gzip')]),
        data: Type.String(),
      }),
    ),
    /** What the hub does not have, or will not give to this agent. */
    missing: Type.Array(Digest),
  },
  open,
)

export const Ask = Type.Object(
  { type: Type.Literal('query'), id: Type.Integer(), query: Query, stream: Type.Boolean() },
  open,
)
export const Cancel = Type.Object({ type: Type.Literal('cancel'), id: Type.Integer() }, open)
/** The new key is known; the old one is void after `overlapMs`. */
export const Rotated = Type.Object(
  { type: Type.Literal('rotated'), kid: Type.String(), overlapMs: Type.Integer() },
  open,
)
/** Asks the agent to replace its key now. */
export const RotateNow = Type.Object({ type: Type.Literal('rotate-now') }, open)
export const ErrorMessage = Type.Object(
  { type: Type.Literal('error'), code: Type.String(), message: Type.String() },
  open,
)

/** All that a hub says to an agent. */
export const Down = Type.Union([Welcome, Assign, Blobs, Ask, Cancel, Rotated, RotateNow, ErrorMessage, Ping, Pong])
export type Down = Static<typeof Down>
export type Welcome = Static<typeof Welcome>
