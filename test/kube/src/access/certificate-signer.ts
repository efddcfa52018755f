import type { Random } from '@flotilla/shared/lang/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { controllerManager } from '../machinery/actor.ts'
import { Cache, keyOfObject } from '../machinery/cache.ts'
import type { ControllerContext } from '../machinery/controller.ts'
import { Keeper } from '../machinery/keeper.ts'
import { WorkQueue } from '../machinery/work-queue.ts'
import { refTo } from '../machinery/writes.ts'
import type { Authority } from './sign.ts'

const requests = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' }
const yearSeconds = 365 * 24 * 60 * 60
const common = ['digital signature', 'key encipherment']

/** The signers that the cluster is, and the usages that each allows; the first must be asked for. */
const signers: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/kube-apiserver-client': ['client auth', ...common],
  'kubernetes.io/kube-apiserver-client-kubelet': ['client auth', ...common],
  'kubernetes.io/kubelet-serving': ['server auth', ...common],
}

interface Spec {
  readonly signerName?: string
  readonly request?: string
  readonly usages?: readonly string[]
  readonly expirationSeconds?: number
}

interface Status {
  readonly certificate?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

/** Signs approved CertificateSigningRequests of the cluster's own signers. */
export class CertificateSigner extends Keeper {
  readonly #context: ControllerContext
  readonly #random: Random
  readonly #authority: Authority
  readonly #cache: Cache
  protected readonly caches: readonly Cache[]
  protected readonly queue: WorkQueue

  constructor(context: ControllerContext, random: Random, authority: Authority) {
    const { objects, clock } = context
    super()
    this.#context = context
    this.#random = random
    this.#authority = authority
    this.#cache = new Cache(objects, requests, clock)
    this.caches = [this.#cache]
    this.queue = new WorkQueue(clock, async (key) => {
      const request = this.#cache.get('', key.slice(1))
      if (request) await this.#settle(request)
      return undefined
    })
    this.#cache.onChange(({ type, object }) => type === 'set' && this.queue.add(keyOfObject(object)))
  }

  async #settle(request: KubeObject): Promise<void> {
    const spec = request['spec'] as Spec
    const status = (request['status'] ?? {}) as Status
    const has = (type: string): boolean =>
      status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
    const allowed = signers[spec.signerName ?? '']
    if (!allowed || !has('Approved') || has('Denied') || has('Failed') || status.certificate !== undefined) return
    const problem = usageProblem(spec.usages ?? [], allowed)
    const next =
      problem === undefined
        ? { ...status, certificate: await this.#sign(spec) }
        : { ...status, conditions: [...(status.conditions ?? []), failure(problem)] }
    await this.#context.objects.update(
      refTo(requests, request),
      { ...request, status: next },
      { actor: controllerManager, fieldManager: 'kube-controller-manager', subresource: 'status' },
    )
  }

  async #sign(spec: Spec): Promise<string> {
    // Much code, and hardly any cluster is ever asked to sign.
    const { signRequest } = await import('./sign.ts')
    const now = this.#context.clock.now()
    const seconds = Math.min(spec.expirationSeconds ?? yearSeconds, yearSeconds)
    const pem = await signRequest(this.#authority, {
      request: Buffer.from(spec.request ?? '', 'base64').toString('utf8'),
      usages: spec.usages ?? [],
      serialNumber: Buffer.from(this.#random.bytes(16)).toString('hex'),
      // Clocks differ a little.
      notBefore: new Date(now - 5 * 60_000),
      notAfter: new Date(now + seconds * 1000),
    })
    return Buffer.from(pem).toString('base64')
  }
}

function usageProblem(usages: readonly string[], allowed: readonly string[]): string | undefined {
  const [needed = ''] = allowed
  if (usages.includes(needed) && usages.every((usage) => allowed.includes(usage))) return undefined
  return `usages did not match expected ${JSON.stringify(allowed)}`
}

const failure = (message: string): object => ({
  type: 'Failed',
  status: 'True',
  reason: 'SignerValidationFailure',
  message,
})
