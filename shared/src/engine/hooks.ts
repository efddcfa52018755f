import { annotation, finalizer } from '../argo/annotations.ts'
import type { SyncPhase } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'

export type HookDeletePolicy = 'BeforeHookCreation' | 'HookSucceeded' | 'HookFailed'

const policies: Readonly<Record<string, HookDeletePolicy>> = {
  BeforeHookCreation: 'BeforeHookCreation',
  HookSucceeded: 'HookSucceeded',
  HookFailed: 'HookFailed',
}
const helmPolicies: Readonly<Record<string, HookDeletePolicy>> = {
  'before-hook-creation': 'BeforeHookCreation',
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
}

/** When a hook's object is deleted; before the next one is made, where nothing (valid) is said. */
export function deletePoliciesOf(object: KubeObject): ReadonlySet<HookDeletePolicy> {
  const own = named(object, annotation.hookDeletePolicy, policies)
  const found = own.length > 0 ? own : named(object, annotation.helmHookDeletePolicy, helmPolicies)
  return new Set(found.length > 0 ? found : ['BeforeHookCreation'])
}

function named(
  object: KubeObject,
  key: string,
  names: Readonly<Record<string, HookDeletePolicy>>,
): readonly HookDeletePolicy[] {
  return (object.metadata.annotations?.[key] ?? '')
    .split(',')
    .map((word) => names[word.trim()])
    .filter((policy) => policy !== undefined)
}

/**
 * A hook as it is created: named where it only has a prefix, and held by a finalizer so that its end is seen even if
 * something deletes it the moment it is done.
 */
export function hookObject(
  hook: KubeObject,
  phase: SyncPhase,
  context: { readonly revision: string; readonly startedAt: string },
): KubeObject {
  const { name, ...metadata } = hook.metadata
  const unix = Math.floor(Date.parse(context.startedAt) / 1000)
  const chosen =
    name !== undefined && name !== ''
      ? name
      : `${metadata.generateName ?? ''}${context.revision.slice(0, 7)}-${phase}-${unix}`.toLowerCase()
  const finalizers = metadata.finalizers ?? []
  return {
    ...hook,
    metadata: {
      ...metadata,
      name: chosen,
      finalizers: finalizers.includes(finalizer.hook) ? finalizers : [...finalizers, finalizer.hook],
    },
  }
}
