import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'

/** What an agent is given to join with. The secret is all that proves anything; the rest tells where and whom to trust. */
export const JoinToken = Type.Object({
  /** The hub's identity: the audience of all that the agent signs. */
  hub: Type.String({ minLength: 1, maxLength: 128 }),
  cluster: Type.String({ minLength: 1, maxLength: 253 }),
  secret: Type.String({ minLength: 32, maxLength: 128 }),
  /** sha256 of the hub's certificate (DER) in hex; absent where a public authority vouches for it. */
  fingerprint: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** The hub speaks plain HTTP (behind a proxy, or on a loopback). */
  plain: Type.Optional(Type.Boolean()),
})
export type JoinToken = Static<typeof JoinToken>

const PREFIX = 'flt1_'

/** `flt1_` and base64url of its JSON. */
export function writeJoinToken(token: JoinToken, base64url: (text: string) => string): string {
  return PREFIX + base64url(JSON.stringify(token))
}

/** Throws with a message for the person who pasted it. */
export function readJoinToken(text: string, fromBase64url: (text: string) => string): JoinToken {
  const trimmed = text.trim()
  if (!trimmed.startsWith(PREFIX))
    throw new Error(
      `not a join token: it begins with "${PREFIX}"; ask the hub for one with "flotilla cluster add NAME"`,
    )
  let value: unknown
  try {
    value = JSON.parse(fromBase64url(trimmed.slice(PREFIX.length)))
  } catch {
    throw new Error('the join token is damaged (was it cut when copied?)')
  }
  if (!Compile(JoinToken).Check(value)) throw new Error('the join token is damaged, or of another version of Flotilla')
  return value
}
