import { finalizer } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'

/** An application that is to be deleted, with the finalizer that says what becomes of its objects. */
export function withCascade(app: Application, cascade: boolean, policy: string): Application {
  const ours: readonly string[] = [finalizer.foreground, finalizer.foregroundSuffixed, finalizer.background]
  const before = app.metadata.finalizers ?? []
  const others = before.filter((each) => !ours.includes(each))
  const wanted =
    policy === 'background'
      ? finalizer.background
      : policy === 'foreground'
        ? finalizer.foregroundSuffixed
        : finalizer.foreground
  // Nothing can be added any more to one that is going.
  const complete = before.includes(wanted) || app.metadata.deletionTimestamp !== undefined
  const finalizers = !cascade ? others : complete ? before : [...before, wanted]
  return { ...app, metadata: { ...app.metadata, finalizers } }
}
