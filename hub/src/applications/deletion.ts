import { annotation, finalizer } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'
import { deletionSteps, finalizersAfter, type DeletionStep } from '@flotilla/shared/engine/delete'
import { isDeleteHookOf } from '@flotilla/shared/engine/delete-hooks'
import type { KubeObject } from '@flotilla/shared/k8s/object'

/** What a deletion has to do, and how it takes objects along; undefined: nothing, it leaves them. */
export function deletionOf(app: Application):
  | {
      readonly deletion: DeletionStep[]
      readonly cascade?: 'foreground' | 'background'
      readonly deletionApproved?: true
    }
  | undefined {
  const finalizers = app.metadata.finalizers ?? []
  const deletion = deletionSteps(finalizers)
  if (deletion.length === 0) return undefined
  if (!deletion.includes('cascade')) return { deletion }
  const approved = isApproved(app) ? { deletionApproved: true as const } : {}
  return { deletion, cascade: finalizers.includes(finalizer.background) ? 'background' : 'foreground', ...approved }
}

/** Whether somebody has approved of the deletion since it was asked for. */
function isApproved({ metadata }: Application): boolean {
  const at = Date.parse(metadata.annotations?.[annotation.deletionApproved] ?? '')
  return at >= Date.parse(metadata.deletionTimestamp ?? '')
}

/** The finalizers that remain once steps of the deletion are done; all of ours, where `done` is left out. */
export function finalizersLeft(app: Application, done?: readonly DeletionStep[]): string[] {
  const finalizers = app.metadata.finalizers ?? []
  return finalizersAfter(finalizers, done ?? deletionSteps(finalizers))
}

/** Whether the manifests have hooks that run when the application is deleted. */
export interface DeleteHooks {
  readonly preDelete: boolean
  readonly postDelete: boolean
}

export function deleteHooksIn(manifests: readonly KubeObject[]): DeleteHooks {
  return {
    preDelete: manifests.some((manifest) => isDeleteHookOf(manifest, 'PreDelete')),
    postDelete: manifests.some((manifest) => isDeleteHookOf(manifest, 'PostDelete')),
  }
}

/** The finalizers of an application whose manifests have, or no longer have, hooks of its deletion. */
export function withHookFinalizers(finalizers: readonly string[], hooks: DeleteHooks): readonly string[] {
  const wanted = [
    ...(hooks.preDelete ? [finalizer.preDelete, finalizer.preDeleteCleanup] : []),
    ...(hooks.postDelete ? [finalizer.postDelete, finalizer.postDeleteCleanup] : []),
  ]
  const ours: readonly string[] = [
    finalizer.preDelete,
    finalizer.preDeleteCleanup,
    finalizer.postDelete,
    finalizer.postDeleteCleanup,
  ]
  const had = finalizers.filter((name) => ours.includes(name))
  if (had.length === wanted.length && wanted.every((name) => had.includes(name))) return finalizers
  return [...finalizers.filter((name) => !ours.includes(name)), ...wanted]
}
