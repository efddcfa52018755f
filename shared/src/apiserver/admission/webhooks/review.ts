import type { KubeObject } from '../../../k8s/object.ts'
import { isObject } from '../../../lang/json.ts'
import { jsonSyntaxError } from '../../../lang/go-json-error.ts'
import { badRequest } from '../../errors.ts'
import type { Admission } from '../../hooks.ts'
import { StatusError, type Status } from '../../status-error.ts'
import { listOf, textOf } from '../../validation/values.ts'
import { requestFields } from '../dynamic/activation.ts'
import type { Target } from '../dynamic/target.ts'
import type { AdmissionWorld } from '../plugin.ts'
import type { CallWebhook, WebhookAnswer } from './caller.ts'
import type { Webhook } from './webhook.ts'

/** The webhook could not be asked, or answered nonsense: what its failure policy is about. */
export class WebhookFailure extends Error {}

export interface Review {
  /** The operations of a JSON patch; absent: nothing is to change. */
  readonly patch?: readonly unknown[]
}

const knownVersions = ['v1', 'v1beta1']

/** Asks a webhook. Throws a `StatusError` where it says no, a `WebhookFailure` where it cannot be asked. */
export async function review(
  hook: Webhook,
  request: Admission,
  target: Target,
  world: AdmissionWorld,
  call: CallWebhook,
  mutating: boolean,
): Promise<Review> {
  if (request.dryRun && !['None', 'NoneOnDryRun'].includes(hook.sideEffects))
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`)
  const version = hook.reviewVersions.find((candidate) => knownVersions.includes(candidate))
  if (version === undefined)
    throw new WebhookFailure(
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    )
  const uid = world.random.uuid()
  const apiVersion = `admission.k8s.io/${version}`
  const { object = null, oldObject = null } = target
  const body = {
    kind: 'AdmissionReview',
    apiVersion,
    request: { uid, ...requestFields(request, target), object, oldObject, options: request.options ?? null },
  } as unknown as KubeObject
  const answer = await call(hook.endpoint, body, hook.timeoutMs)
  const response = readResponse(answer, uid, apiVersion)
  const patch = readPatch(response, mutating, version)
  for (const warning of listOf(response['warnings'])) request.warn(textOf(warning))
  if (response['allowed'] !== true) throw denial(hook.name, response['status'])
  return patch === undefined ? {} : { patch }
}

type Response = Readonly<Record<string, unknown>>

function readResponse(answer: WebhookAnswer, uid: string, apiVersion: string): Response {
  if ('failure' in answer) throw new WebhookFailure(`failed to call webhook: ${answer.failure}`)
  if (answer.status < 200 || answer.status > 299)
    throw new WebhookFailure(`failed to call webhook: ${serverError(answer.status, answer.text)}`)
  const body = parse(answer.text)
  const response = body['response']
  const invalid = (why: string): WebhookFailure => new WebhookFailure(`received invalid webhook response: ${why}`)
  if (!isObject(response)) throw invalid('webhook response was absent')
  if (apiVersion.endsWith('/v1beta1')) return response
  if (response['uid'] !== uid)
    throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response['uid']))}`)
  const got = `${textOf(body['apiVersion'])}, Kind=${textOf(body['kind'])}`
  const expected = `${apiVersion}, Kind=AdmissionReview`
  if (got !== expected) throw invalid(`expected webhook response of ${expected}, got ${got}`)
  return response
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return body
    throw new WebhookFailure(
      "failed to call webhook: couldn't get version/kind; json parse error: json: cannot unmarshal",
    )
  } catch (error) {
    if (error instanceof WebhookFailure) throw error
    throw new WebhookFailure(
      `failed to call webhook: couldn't get version/kind; json parse error: ${jsonSyntaxError(text)}`,
    )
  }
}

/** What an HTTP error means, as the reference client says it. */
function serverError(status: number, text: string): string {
  const known: Readonly<Record<number, string>> = {
    400: 'the server rejected our request for an unknown reason',
    401: 'the server has asked for the client to provide credentials',
    403: text.trim() === '' ? 'forbidden' : text.trim(),
    404: 'the server could not find the requested resource',
    405: 'the server does not allow this method on the requested resource',
    409: 'the server reported a conflict',
    429: 'the server has received too many requests and has asked us to try again later',
    503: 'the server is currently unable to handle the request',
    504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  }
  if (known[status] !== undefined) return known[status]
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`
  return 'the server rejected our request for an unknown reason'
}

function readPatch(response: Response, mutating: boolean, version: string): readonly unknown[] | undefined {
  const invalid = (why: string): WebhookFailure => new WebhookFailure(`received invalid webhook response: ${why}`)
  const encoded = textOf(response['patch'])
  const type = response['patchType']
  if (!mutating) {
    if (version === 'v1' && encoded !== '') throw invalid('validating webhook may not return response.patch')
    if (version === 'v1' && type !== undefined) throw invalid('validating webhook may not return response.patchType')
    return undefined
  }
  if (version === 'v1') {
    if (encoded !== '' && (type === undefined || type === null))
      throw invalid('webhook returned response.patch but not response.patchType')
    if (encoded === '' && type !== undefined && type !== null)
      throw invalid('webhook returned response.patchType but not response.patch')
  }
  if (encoded === '' || response['allowed'] !== true) return undefined
  if (version === 'v1' && type !== 'JSONPatch')
    throw new WebhookFailure(`unsupported patch type ${JSON.stringify(textOf(type))}`)
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  try {
    const patch: unknown = JSON.parse(text)
    if (Array.isArray(patch)) return patch.length === 0 ? undefined : (patch as unknown[])
  } catch {
    throw new WebhookFailure(`received undecodable patch in webhook response: ${jsonSyntaxError(text)}`)
  }
  throw new WebhookFailure(
    'received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  )
}

/** A webhook's own refusal, under its name. */
function denial(name: string, given: unknown): StatusError {
  const status = isObject(given) ? given : {}
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const said = textOf(status['message']) || textOf(status['reason'])
  const code = typeof status['code'] === 'number' && status['code'] >= 400 ? status['code'] : 400
  const message = said === '' ? `${by} without explanation` : `${by}: ${said}`
  const error = new StatusError(code, textOf(status['reason']), message)
  if (textOf(status['reason']) === '') delete error.status.reason
  if (isObject(status['details'])) error.status.details = status['details'] as NonNullable<Status['details']>
  return error
}
