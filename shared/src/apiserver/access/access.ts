import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { KubeObject } from '../../k8s/object.ts'
import type { Clock, Random } from '../../lang/clock.ts'
import { fingerprintOf } from '../../lang/fingerprint.ts'
import type { Decision, RequestInfo } from '../api-server.ts'
import type { VirtualRequest } from '../hooks.ts'
import type { ObjectStore } from '../object-store.ts'
import type { Actor } from '../objects.ts'
import {
  authenticate,
  knownTokens,
  type AuthenticatorOptions,
  type ClientCertificate,
  type TokenAuthenticator,
} from './authenticator.ts'
import { checkImpersonation, impersonated } from './impersonation.ts'
import { authorizeRequest, decideByRbac, readRbac } from './rbac-state.ts'
import { reviewAccess } from './reviews.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { requestToken } from './token-request.ts'
import { reviewToken } from './token-review.ts'

export interface AccessOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly random: Random
  /** Tokens that are known beforehand, and who they stand for. */
  readonly tokens: ReadonlyMap<string, Actor>
  /** Whether who shows nothing is let in as nobody. Absent: yes. */
  readonly anonymous?: boolean
}

/** Who may come in, as whom, and what they may: for `createApiServer`. */
export interface Access {
  readonly tokens: ServiceAccountTokens
  authenticate(request: IncomingMessage): Promise<Actor>
  authorize(info: RequestInfo): Promise<Decision>
  /** Answers reviews and token requests. */
  handle(request: VirtualRequest): Promise<KubeObject | undefined>
  /** Documents beside the API: how to verify tokens of service accounts. */
  document(path: string): Promise<AccessDocument | undefined>
}

export interface AccessDocument {
  readonly contentType: string
  readonly body: unknown
}

/** RBAC over the objects of a store, known tokens, tokens of service accounts, client certificates, impersonation. */
export function createAccess(options: AccessOptions): Access {
  const { store, clock } = options
  const tokens = new ServiceAccountTokens(options)
  const certificates = new Certificates()
  const known = knownTokens(options.tokens)
  const ofAccount: TokenAuthenticator = async (token) => (await tokens.verify(token))?.actor
  const authenticator: AuthenticatorOptions = {
    tokens: [known, ofAccount],
    ...(options.anonymous === undefined ? {} : { anonymous: options.anonymous }),
  }
  const decide = (actor: Actor, attributes: Parameters<typeof decideByRbac>[2]) =>
    decideByRbac(store, actor, attributes)
  return {
    tokens,
    async authenticate(request) {
      const certificate = certificates.of(request)
      const credentials = { headers: request.headers, ...(certificate ? { certificate } : {}) }
      const actor = await authenticate(credentials, authenticator)
      const other = impersonates(request.rawHeaders) ? impersonated(distinct(request.rawHeaders)) : undefined
      if (!other) return actor
      await checkImpersonation(actor, other, (who, question) =>
        decide(who, { ...question, path: '', isResource: true }),
      )
      return other
    },
    authorize: (info) => authorizeRequest(store, info),
    async handle(request) {
      const { resource, subresource } = request
      if (resource.group === '' && resource.plural === 'serviceaccounts' && subresource === 'token')
        return requestToken(request, tokens, store, clock)
      if (resource.group === 'authentication.k8s.io' && resource.plural === 'tokenreviews')
        return reviewToken(request, tokens, [known])
      return reviewAccess(request, {
        now: () => clock.now(),
        decide,
        rbac: (namespace) => readRbac(store, namespace),
      })
    },
    async document(path) {
      if (path === '/openid/v1/jwks') return { contentType: 'application/jwk-set+json', body: await tokens.keys() }
      if (path === '/.well-known/openid-configuration')
        return {
          contentType: 'application/json',
          body: {
            issuer: tokens.issuer,
            jwks_uri: `${tokens.issuer}/openid/v1/jwks`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['ES256'],
          },
        }
      return undefined
    },
  }
}

/** The certificates that clients showed, by their connections: a connection is looked at once. */
class Certificates {
  readonly #seen = new WeakMap<TLSSocket, { readonly certificate: ClientCertificate | undefined }>()

  of({ socket }: IncomingMessage): ClientCertificate | undefined {
    if (!(socket instanceof TLSSocket)) return undefined
    let seen = this.#seen.get(socket)
    if (!seen) this.#seen.set(socket, (seen = { certificate: shownOn(socket) }))
    return seen.certificate
  }
}

/** The certificate that a client showed on a connection. */
function shownOn(socket: TLSSocket): ClientCertificate | undefined {
  const shown = socket.getPeerCertificate()
  if (Object.keys(shown).length === 0) return undefined
  const { CN, O } = shown.subject as { CN?: string | string[]; O?: string | string[] }
  const list = (value: string | string[] | undefined): string[] =>
    Array.isArray(value) ? value : value === undefined ? [] : [value]
  return {
    trusted: socket.authorized,
    commonName: list(CN)[0] ?? '',
    organizations: list(O),
    fingerprint: fingerprintOf(shown),
  }
}

/** Whether any header asks to act as somebody: hardly any request has one. */
const impersonates = (raw: readonly string[]): boolean =>
  raw.some((name, index) => index % 2 === 0 && /^impersonate-/i.test(name))

/** Each header's values apart, also where the request came over HTTP/2, which Node joins. */
function distinct(raw: readonly string[]): Record<string, string[]> {
  const headers = Object.create(null) as Record<string, string[]>
  for (let i = 0; i + 1 < raw.length; i += 2) (headers[(raw[i] ?? '').toLowerCase()] ??= []).push(raw[i + 1] ?? '')
  return headers
}
