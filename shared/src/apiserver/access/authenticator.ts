import type { Actor } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import { anonymous, withAuthenticated } from './identity.ts'

/** What a request brings along to prove who sends it. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The certificate of the connection, where the client showed one. */
  readonly certificate?: ClientCertificate
}

export interface ClientCertificate {
  /** Signed by the authority for clients, and valid now. */
  readonly trusted: boolean
  readonly commonName: string
  readonly organizations: readonly string[]
  /** Digest of the certificate, as upper-case hex. */
  readonly fingerprint: string
}

/** Whose token this is; undefined: not known here. Throws where it is known to be wrong. */
export type TokenAuthenticator = (token: string) => Promise<Actor | undefined> | Actor | undefined

export interface AuthenticatorOptions {
  /** Asked in order. */
  readonly tokens: readonly TokenAuthenticator[]
  /** Whether who shows nothing is let in as nobody. Absent: yes. */
  readonly anonymous?: boolean
}

/** Says who sends a request: by certificate, then by token. Throws a 401 where what is shown proves nothing. */
export async function authenticate(credentials: Credentials, options: AuthenticatorOptions): Promise<Actor> {
  const { certificate } = credentials
  if (certificate?.trusted) return ofCertificate(certificate)
  const token = bearerToken(credentials.headers)
  if (token !== undefined) {
    const actor = await ofToken(token, options.tokens)
    if (actor) return actor
  }
  if (token !== undefined || certificate || options.anonymous === false) throw unauthorized()
  return anonymous
}

/** The first answer of those who may know a token. */
export async function ofToken(token: string, tokens: readonly TokenAuthenticator[]): Promise<Actor | undefined> {
  for (const ask of tokens) {
    const actor = await ask(token)
    if (actor) return { ...actor, groups: withAuthenticated(actor.groups) }
  }
  return undefined
}

/** A 401; clients are not told why, a TokenReview is. */
export function unauthorized(why?: string): StatusError {
  const error = new StatusError(401, 'Unauthorized', 'Unauthorized')
  if (why !== undefined) error.cause = why
  return error
}

function ofCertificate({ commonName, organizations, fingerprint }: ClientCertificate): Actor {
  if (commonName === '') throw unauthorized()
  return {
    user: commonName,
    groups: withAuthenticated(organizations),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/** The token of the header, or of the protocol of a web socket, which browsers cannot give headers. */
export function bearerToken(headers: Credentials['headers']): string | undefined {
  const [scheme = '', token = ''] = textOf(headers['authorization']).trim().split(' ', 2)
  if (scheme.toLowerCase() === 'bearer' && token !== '') return token
  const protocols = textOf(headers['sec-websocket-protocol']).split(',')
  const encoded = protocols.map((item) => item.trim()).find((item) => item.startsWith(protocolPrefix))
  if (encoded === undefined) return undefined
  return Buffer.from(encoded.slice(protocolPrefix.length), 'base64url').toString('utf8')
}

const textOf = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(', ') : (value ?? '')

/** Tokens that are known beforehand. */
export function knownTokens(tokens: ReadonlyMap<string, Actor>): TokenAuthenticator {
  return (token) => tokens.get(token)
}
