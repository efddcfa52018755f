import { JsonPatchError, jsonPatch } from '../../../k8s/json-patch.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { jsonEqual } from '../../../lang/json.ts'
import { AccessOracles } from '../../cel/authorizer.ts'
import type { Admission } from '../../hooks.ts'
import { StatusError } from '../../status-error.ts'
import { isExempt } from '../dynamic/match.ts'
import { patchedObject } from '../dynamic/patched.ts'
import type { Target } from '../dynamic/target.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
import { Reinvocation } from '../reinvocation.ts'
import type { CallWebhook } from './caller.ts'
import { review, WebhookFailure } from './review.ts'
import { isVirtual, wanted, WebhookSource, type Webhook } from './webhook.ts'

const group = 'admissionregistration.k8s.io'
const mutatingName = 'MutatingAdmissionWebhook'

/** Calls the webhooks of MutatingWebhookConfigurations one by one, and those of validating ones at once. */
export function webhookPlugins(call: CallWebhook): {
  readonly mutating: AdmissionPlugin
  readonly validating: AdmissionPlugin
} {
  const oracles = new AccessOracles()
  const mutatingHooks = new WebhookSource(`mutatingwebhookconfigurations.${group}`, oracles)
  const validatingHooks = new WebhookSource(`validatingwebhookconfigurations.${group}`, oracles)
  return {
    mutating: {
      name: mutatingName,
      async admit(request, world) {
        if (isExempt(request) || isVirtual(request)) return
        const hooks = await mutatingHooks.all(world)
        if (hooks.length > 0) await mutateByAll(request, world, hooks, call, oracles)
      },
    },
    validating: {
      name: 'ValidatingAdmissionWebhook',
      async validate(request, world) {
        if (isExempt(request) || isVirtual(request)) return
        const hooks = await validatingHooks.all(world)
        const called: Promise<StatusError | undefined>[] = []
        for (const hook of hooks) {
          const target = await wanted(hook, request, world, oracles)
          if (target) called.push(validateBy(hook, request, target, world, call))
        }
        const [first] = (await Promise.all(called)).filter((error) => error !== undefined)
        if (first) throw first
      },
    },
  }
}

/** 500 of a webhook that cannot be asked, where that matters. */
function calling(hook: Webhook, error: WebhookFailure): StatusError {
  return internalError(`failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`)
}

function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

async function validateBy(
  hook: Webhook,
  request: Admission,
  target: Target,
  world: AdmissionWorld,
  call: CallWebhook,
): Promise<StatusError | undefined> {
  try {
    await review(hook, request, target, world, call, false)
    return undefined
  } catch (error) {
    if (error instanceof StatusError) return error
    if (!(error instanceof WebhookFailure)) throw error
    return hook.ignoresFailure ? undefined : calling(hook, error)
  }
}

async function mutateByAll(
  request: Admission,
  world: AdmissionWorld,
  hooks: readonly Webhook[],
  call: CallWebhook,
  oracles: AccessOracles,
): Promise<void> {
  const memory = Reinvocation.of(request, mutatingName)
  for (const hook of hooks) {
    const target = await wanted(hook, request, world, oracles)
    if (!target || memory.skips(request, hook.id)) continue
    memory.ran(request, hook.id, await mutateBy(hook, request, target, world, call), hook.reinvocable)
  }
  memory.done(request)
}

/** Whether the webhook changed the object. */
async function mutateBy(
  hook: Webhook,
  request: Admission,
  target: Target,
  world: AdmissionWorld,
  call: CallWebhook,
): Promise<boolean> {
  try {
    const { patch } = await review(hook, request, target, world, call, true)
    if (!patch) return false
    if (!target.object)
      throw internalError(
        `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
      )
    const patched = apply(target.object, patch)
    const next = patchedObject(request, target, patched, world)
    if (jsonEqual(next, request.object)) return false
    request.object = next
    return true
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error
    if (hook.ignoresFailure) return false
    throw calling(hook, error)
  }
}

function apply(object: KubeObject, patch: readonly unknown[]): KubeObject {
  try {
    return jsonPatch(object, patch) as KubeObject
  } catch (error) {
    if (error instanceof JsonPatchError) throw internalError(error.message)
    throw error
  }
}
