import { annotation } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { finished, runOf } from './operation.ts'
import type { Outcome } from './reconcile.ts'

/** Changes of our own making (status) are no reason to look again. */
export function relevantChange(previous: KubeObject, object: KubeObject): boolean {
  const a = previous as Application
  const b = object as Application
  return (
    a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp ||
    !deepEqual(a.spec, b.spec) ||
    !deepEqual(a.operation, b.operation) ||
    !deepEqual(a.metadata.annotations, b.metadata.annotations) ||
    !deepEqual(a.metadata.finalizers, b.metadata.finalizers) ||
    a.metadata.uid !== b.metadata.uid ||
    (b.status?.operationState?.phase === 'Terminating' && a.status?.operationState?.phase !== 'Terminating')
  )
}

/** Annotations without the wish for a refresh that was granted. */
export function withoutRefresh(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { [annotation.refresh]: _refresh, [annotation.refreshTimestamp]: _stamp, ...rest } = annotations
  return rest
}

/** Whether a refresh has come to its end: the agent has looked again, or none can, having nothing or not seeing its cluster. */
export function isRefreshed(
  {
    refreshing,
    report,
  }: { refreshing: { readonly number: number } | undefined; report: ApplicationReport | undefined },
  outcome: Pick<Outcome, 'invalid' | 'cluster'>,
  blind: boolean,
): boolean {
  if (!refreshing) return false
  if (outcome.invalid || outcome.cluster === undefined || blind) return true
  return (report?.refresh ?? 0) >= refreshing.number
}

/** A comparison that came to the same result is not worth a write, unless somebody waits for it. */
export function unchanged(app: Application, next: Application, consumed: boolean): boolean {
  if (consumed || 'operation' in app !== 'operation' in next) return false
  const strip = ({ reconciledAt: _at, ...rest }: NonNullable<Application['status']>): unknown => rest
  return (
    deepEqual(strip(app.status ?? {}), strip(next.status ?? {})) &&
    deepEqual(app.metadata.finalizers, next.metadata.finalizers)
  )
}

/** Tells the end of the last operation from every other: manifests are made anew after it, even where that failed before. */
export function lastEnd({ status }: Application): string {
  const state = status?.operationState
  return finished(state) ? `${state?.startedAt ?? ''} ${state?.finishedAt ?? ''}` : ''
}

/** The last operation failed on the hub: no agent knows of it. `superseded` is the run that was the last one before. */
export function failedHere(
  { status }: Application,
  report: ApplicationReport | undefined,
  superseded: string | undefined,
): boolean {
  if (!finished(status?.operationState)) return false
  const run = runOf(report)
  return run === undefined || run === superseded
}

/** Whether somebody wants the application left alone, in any of the ways that Go writes yes. */
export function isPaused({ metadata }: Application): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(metadata.annotations?.[annotation.skipReconcile] ?? '')
}
