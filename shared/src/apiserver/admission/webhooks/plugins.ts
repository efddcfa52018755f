import { JsonPatchError, jsonPatch } from '../../../k8s/json-patch.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { jsonClone, jsonEqual } from '../../../lang/json.ts'
import { AccessOracles } from '../../cel/authorizer.ts'
import { decodeObject } from '../../decode-object.ts'
import type { Admission } from '../../hooks.ts'
import type { Resource } from '../../resource.ts'
import { StatusError } from '../../status-error.ts'
import { isExempt } from '../dynamic/match.ts'
import { convert, type Target } from '../dynamic/target.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
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

/** What is remembered between the two rounds of mutation. */
interface Memory {
  /** Called since the object last changed; of those, only who wants to be called again. */
  previous: Set<string>
  /** To be called again. */
  readonly again: Set<string>
  output: KubeObject | undefined
}

async function mutateByAll(
  request: Admission,
  world: AdmissionWorld,
  hooks: readonly Webhook[],
  call: CallWebhook,
  oracles: AccessOracles,
): Promise<void> {
  const { reinvocation } = request
  const memory = (reinvocation?.notes.get(mutatingName) as Memory | undefined) ?? {
    previous: new Set<string>(),
    again: new Set<string>(),
    output: undefined,
  }
  const changed = (): void => {
    for (const id of memory.previous) memory.again.add(id)
    memory.previous = new Set()
  }
  const second = reinvocation?.round === 1
  // Plugins before this one changed what the webhooks had left.
  if (second && !jsonEqual(memory.output, request.object)) changed()
  for (const hook of hooks) {
    const target = await wanted(hook, request, world, oracles)
    if (!target || (second && !memory.again.has(hook.id))) continue
    if (await mutateBy(hook, request, target, world, call)) {
      changed()
      if (reinvocation) reinvocation.wanted = true
    }
    if (hook.reinvocable) memory.previous.add(hook.id)
  }
  memory.output = request.object && jsonClone(request.object)
  reinvocation?.notes.set(mutatingName, memory)
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
    const served = world.resources.get(target.resource.group, target.resource.version, target.resource.resource)
    const next = patchedObject(request.resource, served ?? request.resource, patched)
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

/** The patched object in the version of the request, with its defaults. */
function patchedObject(resource: Resource, served: Resource, patched: KubeObject): KubeObject {
  const { object } = decodeObject(served, patched)
  const next = convert(served, resource, object)
  resource.strategy?.defaults?.(next)
  return next
}
