import { annotation, finalizer } from '../argo/annotations.ts'
import type { SyncPhase } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { dictionary } from '../lang/dictionary.ts'
import { annotationWords } from './annotation-options.ts'

export type HookDeletePolicy = 'BeforeHookCreation' | 'HookSucceeded' | 'HookFailed'

const policies: Readonly<Record<string, HookDeletePolicy>> = dictionary({
  BeforeHookCreation: 'BeforeHookCreation',
  HookSucceeded: 'HookSucceeded',
  HookFailed: 'HookFailed',
})
const helmPolicies: Readonly<Record<string, HookDeletePolicy>> = dictionary({
  'before-hook-creation': 'BeforeHookCreation',
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
})

/** When a hook's object is deleted; before the next one is made, where nothing (valid) is said. */
export function deletePoliciesOf(object: KubeObject): ReadonlySet<HookDeletePolicy> {
  const found = [
    ...named(object, annotation.hookDeletePolicy, policies),
    ...named(object, annotation.helmHookDeletePolicy, helmPolicies),
  ]
  return new Set(found.length > 0 ? found : ['BeforeHookCreation'])
}

function named(
  object: KubeObject,
  key: string,
  names: Readonly<Record<string, HookDeletePolicy>>,
): readonly HookDeletePolicy[] {
  return annotationWords(object, key).flatMap((word) => names[word] ?? [])
}

/** A hook by its name, or by the one it gets where it only has a prefix. */
export function namedHook(
  hook: KubeObject,
  phase: SyncPhase,
  context: { readonly revision: string; readonly startedAt: string },
): KubeObject {
  const { name, ...metadata } = hook.metadata
  if (name !== undefined && name !== '') return hook
  const unix = Math.floor(Date.parse(context.startedAt) / 1000)
  const revision = context.revision.length >= 8 ? context.revision.slice(0, 7) : context.revision
  const ending = `${revision}-${phase}-${unix}`.toLowerCase()
  return { ...hook, metadata: { ...metadata, name: `${metadata.generateName ?? ''}${ending}` } }
}

/** A hook as a sync creates it: held by a finalizer, so that its end is seen even if something deletes it the moment it is done. */
export function hookObject(
  hook: KubeObject,
  phase: SyncPhase,
  context: { readonly revision: string; readonly startedAt: string },
): KubeObject {
  const named = namedHook(hook, phase, context)
  const finalizers = named.metadata.finalizers ?? []
  if (finalizers.includes(finalizer.hook)) return named
  return { ...named, metadata: { ...named.metadata, finalizers: [...finalizers, finalizer.hook] } }
}
