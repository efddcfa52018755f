import { annotation } from '../argo/annotations.ts'
import type { SyncPhase } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { dictionary } from '../lang/dictionary.ts'
import { annotationWords } from './annotation-options.ts'

const phases: readonly string[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail', 'Skip', 'PreDelete', 'PostDelete']

const none: readonly SyncPhase[] = []

const helmPhases: Readonly<Record<string, SyncPhase>> = dictionary({
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
  'pre-delete': 'PreDelete',
  'post-delete': 'PostDelete',
})

/** The hook phases of an object, Argo CD's own annotation before Helm's; unknown words count for nothing. */
export function hookTypes(object: KubeObject): readonly SyncPhase[] {
  const annotations = object.metadata.annotations
  if (annotations?.[annotation.hook] === undefined && annotations?.[annotation.helmHook] === undefined) return none
  const own = annotationWords(object, annotation.hook).filter((word) => phases.includes(word))
  const types = own.length > 0 ? own : annotationWords(object, annotation.helmHook).map((word) => helmPhases[word])
  return [...new Set(types)].filter((type): type is SyncPhase => type !== undefined)
}

/** `Skip` and nothing else: the object is listed, but neither applied nor compared. */
export function isSkipped(object: KubeObject): boolean {
  const types = hookTypes(object)
  return types.length === 1 && types[0] === 'Skip'
}

/** Whether an object is a hook rather than a part of the desired state. */
export function isHook(object: KubeObject): boolean {
  const annotations = object.metadata.annotations
  if (annotations?.[annotation.hook] !== undefined) return !isSkipped(object)
  const helm = annotations?.[annotation.helmHook]
  // Helm marks CRDs as hooks too; they are applied as any other object.
  return helm !== undefined && helm !== 'crd-install'
}

/** A hook of none of the phases we know (`test`, `pre-rollback`, a typing error): never applied. */
export function isIgnoredHook(object: KubeObject): boolean {
  return isHook(object) && hookTypes(object).length === 0
}

/** Runs only when the application is deleted, so is no part of a sync. */
export function isDeleteHook(object: KubeObject): boolean {
  const types = hookTypes(object)
  return types.length > 0 && types.every((type) => type === 'PreDelete' || type === 'PostDelete')
}
