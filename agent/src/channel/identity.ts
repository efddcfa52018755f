import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { writeFileAtomic } from '@flotilla/shared/runtime/files'
import { readJoinToken } from '@flotilla/shared/protocol/join-token'
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'

interface Stored {
  readonly hub: string
  readonly cluster: string
  readonly fingerprint?: string | undefined
  readonly plain?: boolean | undefined
  /** The private key; it never leaves this file but as signatures. */
  readonly key: JWK
  /** A key that the hub may know already: a rotation was asked for and not yet answered. */
  readonly next?: JWK | undefined
  readonly joined: boolean
}

export interface PublicKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
}

/** The agent's key pair and whom it trusts, in a file of its own that only its user may read. */
export class AgentIdentity {
  readonly #path: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #token: string | undefined
  #stored: Stored

  private constructor(path: string, clock: Clock, random: Random, token: string | undefined, stored: Stored) {
    this.#path = path
    this.#clock = clock
    this.#random = random
    this.#token = token
    this.#stored = stored
  }

  /** Reads the identity in `state`, or makes one for the join token. A token of another hub or cluster makes a new one. */
  static async open(options: {
    readonly state: string
    readonly token: string | undefined
    readonly clock: Clock
    readonly random: Random
  }): Promise<AgentIdentity> {
    const { state, token, clock, random } = options
    await mkdir(state, { recursive: true, mode: 0o700 })
    const path = join(state, 'identity.json')
    const stored = await readFile(path, 'utf8').then(
      (text) => JSON.parse(text) as Stored,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw new Error(`cannot read the agent's identity in ${path}`, { cause: error })
      },
    )
    const join_ =
      token === undefined ? undefined : readJoinToken(token, (text) => Buffer.from(text, 'base64url').toString())
    if (stored !== undefined && (join_ === undefined || (stored.hub === join_.hub && stored.cluster === join_.cluster)))
      return new AgentIdentity(path, clock, random, token, stored)
    if (join_ === undefined)
      throw new Error('no identity yet: give the join token of "flotilla cluster add NAME" with --token')
    const fresh: Stored = {
      hub: join_.hub,
      cluster: join_.cluster,
      fingerprint: join_.fingerprint,
      plain: join_.plain,
      key: await newKey(),
      joined: false,
    }
    const identity = new AgentIdentity(path, clock, random, token, fresh)
    await identity.#keep(fresh)
    return identity
  }

  get cluster(): string {
    return this.#stored.cluster
  }
  get fingerprint(): string | undefined {
    return this.#stored.fingerprint
  }
  get plain(): boolean {
    return this.#stored.plain === true
  }
  get joined(): boolean {
    return this.#stored.joined
  }
  /** Whether there is a token to join with, should the key not be known. */
  get mayJoin(): boolean {
    return this.#token !== undefined
  }

  /** A token for one connection: signed, for this hub alone, good for a minute. */
  async credential(mode: 'join' | 'key' | 'next'): Promise<string> {
    const jwk = mode === 'next' ? (this.#stored.next ?? this.#stored.key) : this.#stored.key
    if (mode === 'join')
      return this.#sign(jwk, { typ: 'flotilla-join+jwt', jwk: publicOf(jwk) }, { join: this.#token ?? '' })
    return this.#sign(jwk, { typ: 'flotilla-agent+jwt', kid: await calculateJwkThumbprint(publicOf(jwk)) }, {})
  }

  get rotating(): boolean {
    return this.#stored.next !== undefined
  }

  async markJoined(): Promise<void> {
    if (!this.#stored.joined) await this.#keep({ ...this.#stored, joined: true })
  }

  /** Makes the next key and keeps it before anyone hears of it. */
  async prepareRotation(): Promise<{ readonly key: PublicKey; readonly proof: string }> {
    const next = this.#stored.next ?? (await newKey())
    await this.#keep({ ...this.#stored, next })
    return { key: publicOf(next), proof: await this.#sign(next, { typ: 'flotilla-rotate+jwt' }, {}) }
  }

  /** The hub knows the next key: it is the key from now on. */
  async completeRotation(): Promise<void> {
    const { next, ...rest } = this.#stored
    if (next !== undefined) await this.#keep({ ...rest, key: next })
  }

  /** A second cluster name, a revoked key: a fresh key for another join. */
  async renew(): Promise<void> {
    const { next: _, ...rest } = this.#stored
    await this.#keep({ ...rest, key: await newKey(), joined: false })
  }

  async #sign(
    jwk: JWK,
    header: { readonly typ: string; readonly jwk?: PublicKey; readonly kid?: string },
    claims: Record<string, string>,
  ): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', ...header } as { alg: string })
      .setAudience(`flotilla-hub:${this.#stored.hub}`)
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .setJti(this.#random.uuid())
      .sign(await importJWK(jwk, 'EdDSA'))
  }

  async #keep(stored: Stored): Promise<void> {
    await writeFileAtomic(this.#path, JSON.stringify(stored), 0o600)
    this.#stored = stored
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return exportJWK(privateKey)
}

function publicOf({ kty, crv, x }: JWK): PublicKey {
  return { kty: kty ?? '', crv: crv ?? '', x: x ?? '' }
}
