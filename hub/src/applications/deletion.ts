import { finalizer } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'

const cascading: readonly string[] = [finalizer.foreground, finalizer.foregroundSuffixed, finalizer.background]
const ours: readonly string[] = [
  ...cascading,
  finalizer.preDelete,
  finalizer.preDeleteCleanup,
  finalizer.postDelete,
  finalizer.postDeleteCleanup,
]

/** How a deletion takes the resources along; undefined: it leaves them. */
export function cascadeOf(app: Application): 'foreground' | 'background' | undefined {
  const finalizers = app.metadata.finalizers ?? []
  if (!finalizers.some((each) => ours.includes(each))) return undefined
  return finalizers.includes(finalizer.background) ? 'background' : 'foreground'
}

/** The finalizers that remain once the resources are gone; other people's stay. */
export function withoutOurFinalizers(app: Application): string[] {
  return (app.metadata.finalizers ?? []).filter((each) => !ours.includes(each))
}
