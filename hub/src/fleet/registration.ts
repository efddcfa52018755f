import { readJoinToken, writeJoinToken } from '@flotilla/shared/protocol/join-token'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { isObject } from '@flotilla/shared/lang/json'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, errors, importJWK, jwtVerify, type JWK } from 'jose'
import type { Json, Records } from '../store/records.ts'
import { FleetError, type SecurityEvent } from './ports.ts'

const DAY = 24 * 60 * 60 * 1000
const TOKEN_AGE_S = 60
const SKEW_S = 60

type KeyRecord = {
  readonly kid: string
  readonly jwk: { readonly kty: string; readonly crv: string; readonly x: string }
  /** From then on the key is void; absent for the current one. */
  readonly voidAt?: number
  /** Hash of the token it joined with: the same key may present it again, should the answer have been lost. */
  readonly join?: string
}
type AgentRecord = { readonly keys: readonly KeyRecord[]; readonly uid?: string; readonly revokedAt?: number }
type JoinRecord = { readonly cluster: string; readonly expiresAt: number; readonly replace: boolean }

/** Who an agent is: told by its credential alone. */
export interface Identity {
  readonly cluster: string
  readonly kid: string
}

export type Authentication = { readonly identity: Identity } | { readonly refused: string; readonly cluster?: string }

export interface RegistrationOptions {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly security: (event: SecurityEvent) => void
  /** How long the old key stays good after a rotation. */
  readonly overlapMs?: number | undefined
}

/** Join tokens and agents' keys: what is stored proves nothing to a thief, hashes and public halves only. */
export class Registration {
  readonly #options: RegistrationOptions
  readonly #agents = new Map<string, AgentRecord>()
  readonly #byKid = new Map<string, string>()
  readonly #seen = new Map<string, number>()
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly hubId: string

  private constructor(options: RegistrationOptions, hubId: string) {
    this.#options = options
    this.hubId = hubId
  }

  /** Reads what is known; the hub's own id is made on first start. */
  static async open(options: RegistrationOptions): Promise<Registration> {
    await options.records.putNew('fleet-hub', 'id', options.random.uuid())
    const id = await options.records.get<string>('fleet-hub', 'id')
    const registration = new Registration(options, String(id))
    // A record that cannot be read lets nobody in, and keeps nobody out but its own agent.
    for (const { key, value } of await options.records.list('fleet-agent'))
      if (isRecord(value)) registration.#remember(key, value)
    return registration
  }

  /** What everything that agents sign is meant for. */
  get audience(): string {
    return `flotilla-hub:${this.hubId}`
  }

  joined(cluster: string): boolean {
    return this.#liveKeys(cluster).length > 0
  }

  /** Every cluster of which something is remembered. */
  names(): readonly string[] {
    return [...this.#agents.keys()]
  }

  revoked(cluster: string): boolean {
    return this.#agents.get(cluster)?.revokedAt !== undefined && !this.joined(cluster)
  }

  /** Whether a key is (still) good: asked again while a connection lives. */
  valid(identity: Identity): boolean {
    return this.#liveKeys(identity.cluster).some((key) => key.kid === identity.kid)
  }

  async createJoinToken(
    cluster: string,
    options: {
      ttlMs?: number | undefined
      replace?: boolean | undefined
      fingerprint?: string | undefined
      plain?: boolean | undefined
    },
  ): Promise<{ token: string; expiresAt: number }> {
    const ttl = options.ttlMs ?? 60 * 60 * 1000
    if (!Number.isFinite(ttl) || ttl < 1000 || ttl > DAY)
      throw new FleetError('invalid', 'a join token lives between one second and one day')
    if (this.joined(cluster) && options.replace !== true)
      throw new FleetError(
        'conflict',
        `cluster '${cluster}' has an agent; revoke it first, or ask for a token that replaces it`,
      )
    const secret = Buffer.from(this.#options.random.bytes(32)).toString('base64url')
    const expiresAt = this.#options.clock.now() + ttl
    const record: JoinRecord = { cluster, expiresAt, replace: options.replace === true }
    await this.#options.records.put('fleet-join', sha256(secret), record)
    const token = writeJoinToken(
      {
        hub: this.hubId,
        cluster,
        secret,
        ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint }),
        ...(options.plain === true ? { plain: true } : {}),
      },
      (text) => Buffer.from(text).toString('base64url'),
    )
    return { token, expiresAt }
  }

  /** Judges the signed one-minute token of a connection; a join token inside it enrols the key that signed. */
  async authenticate(token: string, remote?: string): Promise<Authentication> {
    const answer = await this.#judge(token).catch((error: unknown) => ({
      refused: error instanceof Error ? error.message : 'malformed token',
    }))
    if ('refused' in answer)
      this.#options.security({
        kind: 'authentication-refused',
        message: answer.refused,
        cluster: 'cluster' in answer ? answer.cluster : undefined,
        remote,
      })
    return answer
  }

  async #judge(token: string): Promise<Authentication> {
    if (token.length > 8192) return { refused: 'token too long' }
    const header = decodeProtectedHeader(token)
    if (header.alg !== 'EdDSA') return { refused: 'tokens are signed with EdDSA' }
    if (header.typ === 'flotilla-join+jwt') return this.#join(token, header.jwk)
    const kid = header.kid
    const cluster = kid === undefined ? undefined : this.#byKid.get(kid)
    const key = cluster === undefined ? undefined : this.#liveKeys(cluster).find((live) => live.kid === kid)
    if (kid === undefined || cluster === undefined || key === undefined)
      return { refused: 'unknown or revoked key', ...(cluster === undefined ? {} : { cluster }) }
    await this.#verify(token, key.jwk, 'flotilla-agent+jwt')
    return { identity: { cluster, kid } }
  }

  async #verify(token: string, jwk: JWK, typ: string): Promise<Readonly<Record<string, unknown>>> {
    const now = this.#options.clock.now()
    const { payload } = await jwtVerify(token, await importJWK(jwk, 'EdDSA'), {
      algorithms: ['EdDSA'],
      audience: this.audience,
      typ,
      maxTokenAge: TOKEN_AGE_S,
      clockTolerance: SKEW_S,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iat', 'jti', 'aud'],
    }).catch((error: unknown) => {
      throw clockProblem(error, token, now) ?? error
    })
    const { exp = 0, iat = 0, jti = '' } = payload
    if (exp - iat > TOKEN_AGE_S) throw new Error('tokens live for one minute')
    for (const [old, until] of this.#seen) {
      if (until > now) break
      this.#seen.delete(old)
    }
    if (jti === '' || jti.length > 64 || this.#seen.has(jti)) throw new Error('token used before')
    this.#seen.set(jti, now + 2 * (TOKEN_AGE_S + SKEW_S) * 1000)
    return payload
  }

  async #join(token: string, header: unknown): Promise<Authentication> {
    const jwk = publicKey(header)
    if (jwk === undefined) return { refused: 'a join is signed by the Ed25519 key that it brings' }
    const payload = await this.#verify(token, jwk, 'flotilla-join+jwt')
    const text = payload['join']
    if (typeof text !== 'string') return { refused: 'no join token' }
    const { secret } = readJoinToken(text, (encoded) => Buffer.from(encoded, 'base64url').toString())
    const hash = sha256(secret)
    const kid = await calculateJwkThumbprint(jwk)
    const { records, clock, security } = this.#options
    const known = this.#byKid.get(kid)
    if (known !== undefined && this.#liveKeys(known).some((key) => key.kid === kid && key.join === hash))
      return { identity: { cluster: known, kid } }
    if (known !== undefined) return { refused: 'this key has joined already', cluster: known }
    const join = await records.get<JoinRecord & Json>('fleet-join', hash)
    if (join === undefined) return { refused: 'join token unknown or used' }
    if (join.expiresAt <= clock.now()) return { refused: 'join token expired', cluster: join.cluster }
    return this.#inTurn(join.cluster, async () => {
      if (this.joined(join.cluster) && !join.replace)
        return { refused: 'the cluster has an agent; its administrator must allow another', cluster: join.cluster }
      if (!(await records.delete('fleet-join', hash))) return { refused: 'join token unknown or used' }
      await this.#store(join.cluster, { keys: [{ kid, jwk, join: hash }] })
      security({ kind: 'joined', cluster: join.cluster, message: `agent joined with key ${kid}` })
      return { identity: { cluster: join.cluster, kid } }
    })
  }

  /** Adds a key that proved itself; the others are void after the overlap. */
  async rotate(identity: Identity, key: unknown, proof: string): Promise<{ kid: string; overlapMs: number }> {
    const jwk = publicKey(key)
    if (jwk === undefined) throw new FleetError('invalid', 'an agent key is an Ed25519 public key')
    const kid = await calculateJwkThumbprint(jwk)
    await this.#verify(proof, jwk, 'flotilla-rotate+jwt')
    const overlapMs = this.#options.overlapMs ?? 10 * 60 * 1000
    return this.#inTurn(identity.cluster, async () => {
      if (!this.valid(identity)) throw new FleetError('forbidden', 'the key is void')
      if (this.#byKid.has(kid)) throw new FleetError('conflict', 'this key is known already')
      const voidAt = this.#options.clock.now() + overlapMs
      const record = this.#agents.get(identity.cluster)
      const kept = this.#liveKeys(identity.cluster).map((old) => ({
        ...old,
        voidAt: Math.min(old.voidAt ?? voidAt, voidAt),
      }))
      await this.#store(identity.cluster, { ...record, keys: [...kept, { kid, jwk }] })
      this.#options.security({ kind: 'key-rotated', cluster: identity.cluster, message: `new key ${kid}` })
      return { kid, overlapMs }
    })
  }

  /** All keys of a cluster's agent are void at once, and its unused join tokens with them. */
  async revoke(cluster: string): Promise<void> {
    await this.#inTurn(cluster, async () => {
      for (const { key, value } of await this.#options.records.list<JoinRecord & Json>('fleet-join'))
        if (value.cluster === cluster) await this.#options.records.delete('fleet-join', key)
      await this.#store(cluster, { keys: [], revokedAt: this.#options.clock.now() })
      this.#options.security({ kind: 'revoked', cluster, message: 'keys and join tokens are void' })
    })
  }

  /** Nothing is remembered of the cluster. */
  async forget(cluster: string): Promise<void> {
    await this.revoke(cluster)
    await this.#options.records.delete('fleet-agent', cluster)
    this.#agents.delete(cluster)
  }

  /**
   * Binds the cluster's name to the cluster itself. Answers why not, where the name belongs to another cluster or the
   * cluster is known under another name.
   */
  async bindUid(cluster: string, uid: string): Promise<string | undefined> {
    const bind = async (): Promise<string | undefined> => {
      const record = this.#agents.get(cluster)
      if (record?.uid === uid || record === undefined) return undefined
      if (record.uid !== undefined)
        return `the name '${cluster}' belongs to another cluster (kube-system has uid ${record.uid}, here it has ${uid}); add this cluster anew with a token that replaces the agent`
      for (const [name, other] of this.#agents)
        if (other.uid === uid && other.keys.length > 0)
          return `this cluster is known as '${name}' already; remove that one first, or stop this agent`
      await this.#store(cluster, { ...record, uid })
      return undefined
    }
    return this.#inTurn('\0uid', () => this.#inTurn(cluster, bind))
  }

  #liveKeys(cluster: string): readonly KeyRecord[] {
    const now = this.#options.clock.now()
    return (this.#agents.get(cluster)?.keys ?? []).filter((key) => key.voidAt === undefined || key.voidAt > now)
  }

  #remember(cluster: string, record: AgentRecord): void {
    for (const key of this.#agents.get(cluster)?.keys ?? []) this.#byKid.delete(key.kid)
    this.#agents.set(cluster, record)
    for (const key of record.keys) this.#byKid.set(key.kid, cluster)
  }

  async #store(cluster: string, record: AgentRecord): Promise<void> {
    await this.#options.records.put('fleet-agent', cluster, record as unknown as Json)
    this.#remember(cluster, record)
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve()
    const turn = before.then(work, work)
    const settled = turn.catch(() => undefined)
    this.#turns.set(key, settled)
    void settled.then(() => {
      if (this.#turns.get(key) === settled) this.#turns.delete(key)
    })
    return turn
  }
}

/** Only the public members of an Ed25519 key: a private one sent by mistake is not kept. */
/** Why a token is too old or too young, in words that point at the cause: its signature is right, so its time is the agent's. */
function clockProblem(error: unknown, token: string, now: number): Error | undefined {
  const late = error instanceof errors.JWTExpired
  const early = error instanceof errors.JWTClaimValidationFailed && error.claim === 'iat'
  if (!late && !early) return undefined
  const seconds = Math.round((decodeJwt(token).iat ?? 0) - now / 1000)
  return new Error(`the agent's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the hub's`)
}

function publicKey(value: unknown): KeyRecord['jwk'] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kty, crv, x } = value as JWK
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || !/^[\w-]{43}$/.test(x)) return undefined
  return { kty, crv, x }
}

function isRecord(value: unknown): value is AgentRecord {
  if (!isObject(value) || !Array.isArray(value['keys'])) return false
  return value['keys'].every((key) => isObject(key) && typeof key['kid'] === 'string')
}
