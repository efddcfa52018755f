import type { KubeObject } from '../../../k8s/object.ts'
import type { AccessOracles } from '../../cel/authorizer.ts'
import type { Program } from '../../cel/program.ts'
import { forbidden } from '../../errors.ts'
import type { Admission } from '../../hooks.ts'
import { resourceName } from '../../resource.ts'
import { fieldsList, fieldsOf, listOf, numberOf, textOf, type Fields } from '../../validation/values.ts'
import { bindingsOf, checkConditions, compileAdmission, withAuthorizer } from '../dynamic/activation.ts'
import { matchRequest, type Criteria } from '../dynamic/match.ts'
import { targetOf, type Target } from '../dynamic/target.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { listOf as listObjects } from '../reads.ts'
import { nameOf } from '../refusal.ts'
import type { WebhookEndpoint } from './caller.ts'

/** One webhook of one configuration. */
export interface Webhook {
  /** Unique among all of its kind. */
  readonly id: string
  readonly name: string
  readonly criteria: Criteria
  readonly conditions: readonly { readonly expression: string; readonly program: Program }[]
  readonly endpoint: WebhookEndpoint
  readonly ignoresFailure: boolean
  readonly sideEffects: string
  readonly timeoutMs: number
  readonly reviewVersions: readonly string[]
  readonly reinvocable: boolean
}

/** Reads configurations, each once as long as it stands as it is. */
export class WebhookSource {
  readonly #resource: string
  readonly #oracles: AccessOracles
  readonly #read = new WeakMap<KubeObject, readonly Webhook[]>()

  constructor(resource: string, oracles: AccessOracles) {
    this.#resource = resource
    this.#oracles = oracles
  }

  /** All webhooks, in the order of their configurations' names. */
  async all(world: AdmissionWorld): Promise<readonly Webhook[]> {
    const configurations = await listObjects(world, this.#resource)
    return configurations.flatMap((configuration) => {
      let hooks = this.#read.get(configuration)
      if (!hooks) this.#read.set(configuration, (hooks = this.#parse(configuration)))
      return hooks
    })
  }

  #parse(configuration: KubeObject): Webhook[] {
    return fieldsList(configuration['webhooks']).map((hook, index) => ({
      id: `${configuration.metadata.name ?? ''}/${textOf(hook['name'])}/${index}`,
      name: textOf(hook['name']),
      criteria: {
        rules: fieldsList(hook['rules']),
        matchPolicy: textOf(hook['matchPolicy']),
        namespaceSelector: hook['namespaceSelector'],
        objectSelector: hook['objectSelector'],
      },
      conditions: fieldsList(hook['matchConditions']).map((item) => ({
        expression: textOf(item['expression']),
        program: compileAdmission(textOf(item['expression']), this.#oracles),
      })),
      endpoint: endpointOf(fieldsOf(hook['clientConfig'])),
      ignoresFailure: hook['failurePolicy'] === 'Ignore',
      sideEffects: textOf(hook['sideEffects']),
      timeoutMs: (numberOf(hook['timeoutSeconds']) ?? 10) * 1000,
      reviewVersions: listOf(hook['admissionReviewVersions']).map(textOf),
      reinvocable: hook['reinvocationPolicy'] === 'IfNeeded',
    }))
  }
}

function endpointOf(config: Fields): WebhookEndpoint {
  const bundle = textOf(config['caBundle'])
  const authorities = bundle === '' ? {} : { authorities: Buffer.from(bundle, 'base64').toString('utf8') }
  if (config['service'] === undefined) {
    const url = textOf(config['url'])
    return { url: /^https:\/\/[^/]+$/.test(url) ? `${url}/` : url, ...authorities }
  }
  const { namespace, name, path, port } = fieldsOf(config['service'])
  const service = { namespace: textOf(namespace), name: textOf(name), port: numberOf(port) ?? 443 }
  const way = textOf(path)
  return {
    url: `https://${service.name}.${service.namespace}.svc:${service.port}${way === '' ? '/' : way}`,
    service,
    ...authorities,
  }
}

/** The request as a webhook is to be asked of it; undefined: it is not to be asked. */
export async function wanted(
  hook: Webhook,
  request: Admission,
  world: AdmissionWorld,
  oracles: AccessOracles,
): Promise<Target | undefined> {
  const resource = await matchRequest(request, hook.criteria, world)
  if (!resource) return undefined
  const target = targetOf(request, resource)
  if (hook.conditions.length === 0) return target
  const outcome = await oracles.with((oracle, id) =>
    withAuthorizer(request, oracle, world, () =>
      checkConditions(hook.conditions, bindingsOf(request, target, undefined, id)),
    ),
  )
  if (outcome === true) return target
  if (outcome === false || hook.ignoresFailure) return undefined
  throw forbidden(request.resource, nameOf(request), outcome.error)
}

/** Reviews are not reviewed. */
export function isVirtual({ resource }: Admission): boolean {
  return resource.virtual === true && !['bindings', 'pods'].includes(resourceName(resource))
}
