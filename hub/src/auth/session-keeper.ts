import bcrypt from 'bcryptjs'
import { SignJWT, jwtVerify, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { secretText } from '../applications/clusters.ts'
import { rfc3339 } from '../applications/conditions.ts'
import { accountOf, type Account } from './accounts.ts'
import { ApiError, code } from '../api/errors.ts'
import { specOf, tokensOf } from '../projects/project.ts'
import { LoginGuard } from './login-guard.ts'

/** Whose request it is. */
export interface Identity {
  readonly username: string
  readonly issuedAt: number
  readonly groups: readonly string[]
}

export interface SessionKeeperOptions {
  readonly objects: Objects
  readonly clock: Clock
  readonly random: Random
  readonly cm: () => Readonly<Record<string, string>>
  /** For the tokens of its roles. */
  readonly project: (name: string) => KubeObject | undefined
  /** Presets the password of `admin`. */
  readonly adminPassword?: string | undefined
}

const secretName = 'argocd-secret'
const initialName = 'argocd-initial-admin-secret'
const day = 24 * 3600

/** Passwords and tokens, kept in `argocd-secret` as Argo CD keeps them. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions
  readonly #guard: LoginGuard
  #key: Uint8Array = new Uint8Array()
  /** Tokens whose signature was found good: each comes with many requests. */
  readonly #signed = new LRUCache<string, JWTPayload>({ max: 1000 })

  constructor(options: SessionKeeperOptions) {
    this.#options = options
    this.#guard = new LoginGuard(options.clock)
  }

  /** Makes what is missing; the answer is the password of `admin` where it was made just now. */
  async open(): Promise<string | undefined> {
    const { random, adminPassword, clock } = this.#options
    const secret = await this.secret()
    const data: Record<string, string> = {}
    let first: string | undefined
    const stored = secretText(secret, 'admin.password')
    if (adminPassword !== undefined) {
      if (!stored || !(await bcrypt.compare(adminPassword, stored))) data['admin.password'] = await hash(adminPassword)
    } else if (!stored) {
      first = readable(random.bytes(16))
      data['admin.password'] = await hash(first)
    }
    if (data['admin.password'] || !secretText(secret, 'admin.passwordMtime')) {
      data['admin.passwordMtime'] = rfc3339(clock.now())
    }
    if (!secretText(secret, 'server.secretkey')) {
      data['server.secretkey'] = Buffer.from(random.bytes(32)).toString('base64')
    }
    if (Object.keys(data).length > 0) await this.write(data)
    if (first) await this.#keepInitial(first)
    this.#key = Buffer.from(secretText(await this.secret(), 'server.secretkey') ?? '')
    return first
  }

  /** A session for a person, or a refusal that tells nothing of which half was wrong. */
  async login(username: string, password: string): Promise<string> {
    if (username === '' || password === '') throw new ApiError(code.unauthenticated, 'no credentials supplied')
    const isLetIn = this.#guard.inTurn(() => this.#isLetIn(username, password))
    if (!isLetIn) throw new ApiError(code.resourceExhausted, 'too many people sign in at once: try again in a moment')
    if (!(await isLetIn)) throw new ApiError(code.unauthenticated, 'Invalid username or password')
    return this.issue(`${username}:login`, day, this.#options.random.uuid())
  }

  async #isLetIn(username: string, password: string): Promise<boolean> {
    if (!this.#guard.allowed(username)) return false
    const account = await this.account(username)
    const matches = await bcrypt.compare(password, account?.passwordHash ?? unmatchable)
    const isRight = account?.enabled === true && account.capabilities.includes('login') && matches
    if (isRight) this.#guard.succeeded(username)
    else this.#guard.failed(username, account !== undefined)
    return isRight
  }

  /** A signed token; one without a lifetime lasts until it is taken back. */
  issue(subject: string, seconds: number | undefined, id: string): Promise<string> {
    const now = Math.floor(this.#options.clock.now() / 1000)
    const token = new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer('argocd')
      .setSubject(subject)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setJti(id)
    return (seconds ? token.setExpirationTime(now + seconds) : token).sign(this.#key)
  }

  /** Who a token speaks for; undefined where it is not (or no longer) good. */
  async verify(token: string): Promise<Identity | undefined> {
    try {
      const payload = await this.#payload(token)
      if (payload.sub?.startsWith('proj:')) return this.#ofRole(payload.sub, payload.iat ?? 0, payload.jti)
      const [username = '', kind = 'login'] = (payload.sub ?? '').split(':')
      const account = await this.account(username)
      if (!account?.enabled) return undefined
      const issuedAt = payload.iat ?? 0
      if (kind === 'apiKey' && !account.tokens.some((each) => each.id === payload.jti)) return undefined
      // A change of password ends the sessions that were begun with the old one.
      if (kind === 'login' && issuedAt < account.passwordSince) return undefined
      return { username, issuedAt, groups: [] }
    } catch {
      return undefined
    }
  }

  /** What a token says; throws where it is not ours, or not valid now. */
  async #payload(token: string): Promise<JWTPayload> {
    const now = this.#options.clock.now()
    const known = this.#signed.get(token)
    if (known && (known.exp === undefined || now < known.exp * 1000)) return known
    const expected = { issuer: 'argocd', algorithms: ['HS256'], currentDate: new Date(now) }
    const { payload } = await jwtVerify(token, this.#key, expected)
    this.#signed.set(token, payload)
    return payload
  }

  /** A role of a project, while the project still lists the token. */
  #ofRole(subject: string, issuedAt: number, id: string | undefined): Identity | undefined {
    const [, name = '', role = ''] = subject.split(':')
    const project = this.#options.project(name)
    if (!project || !specOf(project).roles?.some((each) => each.name === role)) return undefined
    const known = tokensOf(project, role).some((token) => (id ? token.id === id : token.iat === issuedAt))
    return known ? { username: subject, issuedAt, groups: [] } : undefined
  }

  async account(name: string): Promise<Account | undefined> {
    return accountOf(name, this.#options.cm(), await this.secret())
  }

  async setPassword(name: string, password: string): Promise<void> {
    const now = rfc3339(this.#options.clock.now())
    const prefix = name === 'admin' ? 'admin' : `accounts.${name}`
    await this.write({ [`${prefix}.password`]: await hash(password), [`${prefix}.passwordMtime`]: now })
  }

  async passwordMatches(account: Account, password: string): Promise<boolean> {
    return bcrypt.compare(password, account.passwordHash ?? unmatchable)
  }

  /** `argocd-secret` as it is now. */
  async secret(): Promise<KubeObject | undefined> {
    try {
      return await this.#options.objects.get(refOf(resources.secrets, controlNamespace, secretName))
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined
      throw error
    }
  }

  async write(texts: Readonly<Record<string, string>>): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    )
    const { objects } = this.#options
    if (await this.secret()) {
      await objects.patch(refOf(resources.secrets, controlNamespace, secretName), { data }, { type: 'merge' })
      return
    }
    await objects.create({ ...resources.secrets, namespace: controlNamespace }, secretObject(secretName, data))
  }

  async #keepInitial(password: string): Promise<void> {
    const data = { password: Buffer.from(password).toString('base64') }
    const { objects } = this.#options
    await objects
      .create({ ...resources.secrets, namespace: controlNamespace }, secretObject(initialName, data))
      .catch(() => objects.patch(refOf(resources.secrets, controlNamespace, initialName), { data }, { type: 'merge' }))
  }
}

function secretObject(name: string, data: Record<string, string>): KubeObject {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'argocd' }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: controlNamespace, labels },
    type: 'Opaque',
    data,
  }
}

function hash(password: string): Promise<string> {
  return bcrypt.hash(password, 10)
}

function readable(bytes: Uint8Array): string {
  const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  return [...bytes].map((byte) => letters[byte % letters.length] ?? 'x').join('')
}

/** Of no password: so that a name that does not exist takes as long as one that does. */
const unmatchable = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8uZ2aX9e0u1FJcZ0rJ8mZ1x3fM8s6e'
