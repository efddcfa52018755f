import type { ImpactedObject } from '@flotilla/shared/engine/actions/action'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { Policy } from '../policy.ts'
import type { Executor } from '../sync/execute.ts'

interface Context {
  readonly executor: Executor
  readonly policy: Policy
}

/** Does what an action planned: patches the object it was run on, creates the others. All is checked before the first write. */
export async function applyImpacted(
  live: KubeObject,
  impacted: readonly ImpactedObject[],
  { executor, policy }: Context,
): Promise<void> {
  for (const { operation, object } of impacted) {
    if (operation === 'patch' && !isSame(object, live)) {
      throw new Error('an action may patch only the object that it is run on')
    }
    const { group, kind } = gvkOf(object)
    const { namespace = '', name = '' } = object.metadata
    const reason = policy.refuses({ group, kind, namespace, name })
    if (reason !== undefined) throw new Error(reason)
  }
  for (const { operation, object } of impacted) {
    if (operation === 'create') await executor.apply(object)
    else await patchBoth(live, object, executor)
  }
}

/** A status may be a subresource of its own or part of the object; it is sent both ways, and only what changed. */
async function patchBoth(live: KubeObject, wanted: KubeObject, executor: Executor): Promise<void> {
  const changed = difference(live, wanted)
  if (!isMap(changed)) return
  const { status, ...rest } = changed
  if (Object.keys(rest).length > 0) await executor.patch(live, mergePatch, rest)
  if (status === undefined) return
  try {
    await executor.patch(live, mergePatch, { status }, 'status')
  } catch (error) {
    if (!(error instanceof Error) || !/not found|could not find/i.test(error.message)) throw error
    await executor.patch(live, mergePatch, { status })
  }
}

const mergePatch = 'application/merge-patch+json'

/** The merge patch from one value to another; undefined where they are the same. */
function difference(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to
  const patch: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (!Object.hasOwn(to, key)) patch[key] = null
    else {
      const changed = difference(from[key], to[key])
      if (changed !== undefined) patch[key] = changed
    }
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  const [one, other] = [gvkOf(a), gvkOf(b)]
  return (
    one.group === other.group &&
    one.kind === other.kind &&
    a.metadata.name === b.metadata.name &&
    (a.metadata.namespace ?? '') === (b.metadata.namespace ?? '')
  )
}
