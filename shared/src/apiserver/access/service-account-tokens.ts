import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  errors,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type CryptoKey,
} from 'jose'
import type { KubeObject } from '../../k8s/object.ts'
import type { Clock, Random } from '../../lang/clock.ts'
import type { ObjectStore } from '../object-store.ts'
import type { Actor } from '../objects.ts'
import { fieldsOf, listOf, numberOf, textOf, type Fields } from '../validation/values.ts'
import { unauthorized } from './authenticator.ts'
import { accountGroups, accountUser } from './identity.ts'

/** The object that a token lives and dies with, beside its account. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
}

export interface TokenWish {
  readonly account: KubeObject
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  readonly bound?: BoundObject
  /** The node that a bound pod runs on. */
  readonly node?: { readonly name: string; readonly uid?: string }
}

export interface ServiceAccountTokensOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly random: Random
  /** Who makes the tokens, as their `iss`. */
  readonly issuer?: string
}

interface Key {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: Readonly<Record<string, unknown>>
  readonly id: string
}

const algorithm = 'ES256'
const mostChecked = 1000
const legacyIssuer = 'kubernetes/serviceaccount'
const claimsKey = 'kubernetes.io'
const legacy = (name: string): string => `kubernetes.io/serviceaccount/${name}`
const extra = (name: string): string => `authentication.kubernetes.io/${name}`

/** Makes the tokens of service accounts, and knows them again. The key lives as long as this object. */
export class ServiceAccountTokens {
  readonly issuer: string
  readonly #options: ServiceAccountTokensOptions
  #key: Promise<Key> | undefined
  /** Claims of tokens whose signatures were checked: clients show the same ones again and again. */
  readonly #checked = new Map<string, Fields>()

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
    this.issuer = options.issuer ?? 'https://kubernetes.default.svc.cluster.local'
  }

  /** Audiences of the API itself. */
  get audiences(): readonly string[] {
    return [this.issuer]
  }

  /** The public keys, as `/openid/v1/jwks` shows them. */
  async keys(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }> {
    return { keys: [(await this.#keys()).jwk] }
  }

  #keys(): Promise<Key> {
    return (this.#key ??= makeKey())
  }

  /** A token for an account, for a while. */
  async issue({ account, audiences, expirationSeconds, bound, node }: TokenWish): Promise<string> {
    const { name = '', namespace = '', uid = '' } = account.metadata
    const now = Math.floor(this.#options.clock.now() / 1000)
    const claims = {
      namespace,
      serviceaccount: { name, uid },
      ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
      ...(node ? { node } : {}),
    }
    return this.#sign({
      aud: [...audiences],
      exp: now + expirationSeconds,
      iat: now,
      iss: this.issuer,
      jti: this.#options.random.uuid(),
      [claimsKey]: claims,
      nbf: now,
      sub: accountUser(namespace, name),
    })
  }

  /** The token of a Secret of type `kubernetes.io/service-account-token`: it does not expire. */
  async issueForSecret(account: KubeObject, secret: KubeObject): Promise<string> {
    const { name = '', namespace = '', uid = '' } = account.metadata
    return this.#sign({
      iss: legacyIssuer,
      [legacy('namespace')]: namespace,
      [legacy('secret.name')]: secret.metadata.name ?? '',
      [legacy('service-account.name')]: name,
      [legacy('service-account.uid')]: uid,
      sub: accountUser(namespace, name),
    })
  }

  async #sign(claims: Record<string, unknown>): Promise<string> {
    const { privateKey, id } = await this.#keys()
    return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: id }).sign(privateKey)
  }

  /**
   * Whose token this is, and for which of the wanted audiences; undefined: none of ours. Throws a 401 where it is ours but
   * holds no more: expired, or its account or the object that it is bound to is gone.
   */
  async verify(
    token: string,
    wanted: readonly string[] = this.audiences,
  ): Promise<{ readonly actor: Actor; readonly audiences: readonly string[] } | undefined> {
    const claims = await this.#claims(token)
    if (!claims) return undefined
    if (claims['iss'] === legacyIssuer) return { actor: await this.#legacyActor(token, claims), audiences: wanted }
    const audiences = listOf(claims['aud']).map(textOf)
    const shared = wanted.filter((audience) => audiences.includes(audience))
    if (shared.length === 0)
      throw unauthorized(`token audiences ${quoted(audiences)} is invalid for the target audiences ${quoted(wanted)}`)
    return { actor: await this.#actor(claims), audiences: shared }
  }

  async #claims(token: string): Promise<Fields | undefined> {
    try {
      const { kid } = decodeProtectedHeader(token)
      const { publicKey, id } = await this.#keys()
      if (kid !== id) return undefined
      const now = this.#options.clock.now()
      const known = this.#checked.get(token)
      if (known && (numberOf(known['exp']) ?? Infinity) * 1000 > now) return known
      const { payload } = await jwtVerify(token, publicKey, { algorithms: [algorithm], currentDate: new Date(now) })
      if (this.#checked.size >= mostChecked) this.#checked.clear()
      this.#checked.set(token, payload)
      return payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthorized('service account token has expired')
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
        throw unauthorized('service account token is not valid yet')
      if (error instanceof errors.JWSSignatureVerificationFailed) throw unauthorized()
      return undefined
    }
  }

  async #find(resource: string, namespace: string, name: string): Promise<KubeObject | undefined> {
    return (await this.#options.store.get({ resource, namespace, name }))?.object
  }

  async #account(namespace: string, { name, uid }: Reference): Promise<void> {
    const found = await this.#find('serviceaccounts', namespace, name)
    if (!found) throw unauthorized(`serviceaccounts ${JSON.stringify(name)} not found`)
    if (found.metadata.uid !== uid)
      throw unauthorized(`service account UID (${found.metadata.uid ?? ''}) does not match claim (${uid})`)
    if (this.#isOver(found)) throw unauthorized(`service account ${namespace}/${name} has been deleted`)
  }

  /** An object that the token is bound to must be there as it was. */
  async #bound(kind: string, namespace: string, { name, uid }: Reference): Promise<void> {
    const found = await this.#find(`${kind}s`, kind === 'node' ? '' : namespace, name)
    if (!found || this.#isOver(found)) throw unauthorized('service account token has been invalidated')
    if (found.metadata.uid !== uid)
      throw unauthorized(
        `${kind} UID (${found.metadata.uid ?? ''}) does not match service account ${kind} ref claim (${uid})`,
      )
  }

  /** What is being deleted counts until its time is over, and a minute more for who ends in an orderly manner. */
  #isOver({ metadata }: KubeObject): boolean {
    const gone = metadata.deletionTimestamp
    return gone !== undefined && Date.parse(gone) + 60_000 < this.#options.clock.now()
  }

  async #actor(claims: Fields): Promise<Actor> {
    const own = fieldsOf(claims[claimsKey])
    const namespace = textOf(own['namespace'])
    const account = refOf(own['serviceaccount'])
    await this.#account(namespace, account)
    const notes: Record<string, string[]> = { [extra('credential-id')]: [`JTI=${textOf(claims['jti'])}`] }
    for (const kind of ['pod', 'secret', 'node'] as const) {
      if (own[kind] === undefined) continue
      const ref = refOf(own[kind])
      const bound = kind !== 'node' || own['pod'] === undefined
      if (bound) await this.#bound(kind, namespace, ref)
      if (kind === 'secret') continue
      notes[extra(`${kind}-name`)] = [ref.name]
      if (ref.uid !== '') notes[extra(`${kind}-uid`)] = [ref.uid]
    }
    return {
      user: accountUser(namespace, account.name),
      uid: account.uid,
      groups: accountGroups(namespace),
      extra: notes,
    }
  }

  async #legacyActor(token: string, claims: Fields): Promise<Actor> {
    const namespace = textOf(claims[legacy('namespace')])
    const account = {
      name: textOf(claims[legacy('service-account.name')]),
      uid: textOf(claims[legacy('service-account.uid')]),
    }
    await this.#account(namespace, account)
    const secret = await this.#find('secrets', namespace, textOf(claims[legacy('secret.name')]))
    const held = Buffer.from(textOf(fieldsOf(secret?.['data'])['token']), 'base64').toString('utf8')
    if (!secret || secret.metadata.deletionTimestamp !== undefined || held !== token)
      throw unauthorized('service account token has been invalidated')
    return { user: accountUser(namespace, account.name), uid: account.uid, groups: accountGroups(namespace) }
  }
}

interface Reference {
  readonly name: string
  readonly uid: string
}

const quoted = (list: readonly string[]): string => `[${list.map((item) => JSON.stringify(item)).join(' ')}]`

function refOf(value: unknown): Reference {
  const { name, uid } = fieldsOf(value)
  return { name: textOf(name), uid: textOf(uid) }
}

async function makeKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const bare = await exportJWK(publicKey)
  const id = await calculateJwkThumbprint(bare)
  return { privateKey, publicKey, id, jwk: { use: 'sig', kid: id, alg: algorithm, ...bare } }
}
