import type { ServiceAccountTokens } from '@flotilla/shared/apiserver/access/service-account-tokens'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { controllerManager } from '../machinery/actor.ts'
import { Cache, keyOfObject, type Keep } from '../machinery/cache.ts'
import type { ControllerContext } from '../machinery/controller.ts'
import { Keeper } from '../machinery/keeper.ts'
import { resources } from '../machinery/resources.ts'
import { WorkQueue } from '../machinery/work-queue.ts'
import { refTo } from '../machinery/writes.ts'

const type = 'kubernetes.io/service-account-token'
const nameKey = 'kubernetes.io/service-account.name'
const uidKey = 'kubernetes.io/service-account.uid'

const tokensAlone: Keep = (secret) => (secret['type'] === type ? secret : undefined)

/** Fills Secrets that want a token of a service account, and removes those whose account is gone. */
export class TokenSecrets extends Keeper {
  readonly #context: ControllerContext
  readonly #tokens: ServiceAccountTokens
  readonly #authority: string
  readonly #secrets: Cache
  readonly #accounts: Cache
  protected readonly caches: readonly Cache[]
  protected readonly queue: WorkQueue

  constructor(context: ControllerContext, tokens: ServiceAccountTokens, certificateAuthority: string) {
    const { objects, clock } = context
    super()
    this.#context = context
    this.#tokens = tokens
    this.#authority = certificateAuthority
    this.#secrets = new Cache(objects, resources.secrets, clock, tokensAlone)
    this.#accounts = new Cache(objects, resources.serviceAccounts, clock)
    this.caches = [this.#accounts, this.#secrets]
    this.queue = new WorkQueue(clock, async (key) => {
      await this.#settle(key)
      return undefined
    })
    this.#secrets.onChange(({ type: change, object }) => change === 'set' && this.#wake(object))
    this.#accounts.onChange(({ object }) => {
      for (const secret of this.#secrets.list(object.metadata.namespace)) this.#wake(secret)
    })
  }

  #wake(secret: KubeObject): void {
    if (secret['type'] === type) this.queue.add(keyOfObject(secret))
  }

  async #settle(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    const secret = this.#secrets.get(namespace, name)
    if (!secret || secret.metadata.deletionTimestamp !== undefined) return
    const { annotations = {}, uid = '' } = secret.metadata
    const account = this.#accounts.get(namespace, annotations[nameKey] ?? '')
    const { objects } = this.#context
    const ref = refTo(resources.secrets, secret)
    const wrong = annotations[uidKey] !== undefined && annotations[uidKey] !== account?.metadata.uid
    if (!account || wrong) {
      await objects.delete(ref, { actor: controllerManager, preconditions: { uid } })
      return
    }
    const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>
    const wanted: Record<string, string> = {
      'ca.crt': Buffer.from(this.#authority).toString('base64'),
      namespace: Buffer.from(namespace).toString('base64'),
      token: data['token'] ?? Buffer.from(await this.#tokens.issueForSecret(account, secret)).toString('base64'),
    }
    const complete = Object.entries(wanted).every(([field, value]) => data[field] === value)
    if (complete && annotations[uidKey] !== undefined) return
    const metadata = { ...secret.metadata, annotations: { ...annotations, [uidKey]: account.metadata.uid ?? '' } }
    await objects.update(
      ref,
      { ...secret, metadata, data: { ...data, ...wanted } },
      { actor: controllerManager, fieldManager: 'kube-controller-manager' },
    )
  }
}
