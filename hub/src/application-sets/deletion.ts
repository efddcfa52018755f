import type { KubeObject } from '@flotilla/shared/k8s/object'
import { inOrder } from '@flotilla/shared/lang/order'
import { deletes } from './plan.ts'
import { assignSteps, deletesInReverse, stepsOf } from './rollout-steps.ts'
import type { ApplicationSet } from './types.ts'

/** The finalizer by which a set waits until its applications are dealt with. */
export const setFinalizer = 'resources-finalizer.argocd.argoproj.io'

/** What is next for a set on its way out. */
export type DeletionStep =
  | { readonly act: 'release'; readonly applications: readonly KubeObject[] }
  | { readonly act: 'delete'; readonly application: KubeObject }
  | { readonly act: 'wait'; readonly application: KubeObject }
  | { readonly act: 'done' }

/** The next step of a set's deletion; `own` are its applications that are still there. */
export function deletionStep(set: ApplicationSet, own: readonly KubeObject[]): DeletionStep {
  if (!deletes(set) && own.length > 0) return { act: 'release', applications: own }
  if (!deletesInReverse(set)) return { act: 'done' }
  const steps = stepsOf(set)
  const labelled = own.map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels ?? {} }))
  const { stepOf } = assignSteps(steps, labelled)
  const at = (one: KubeObject): number => stepOf.get(one.metadata.name ?? '') ?? -1
  const [next] = own.filter((one) => at(one) >= 0).toSorted((a, b) => at(b) - at(a) || byName(a, b))
  if (!next) return { act: 'done' }
  return { act: next.metadata.deletionTimestamp ? 'wait' : 'delete', application: next }
}

function byName(a: KubeObject, b: KubeObject): number {
  return inOrder(a.metadata.name ?? '', b.metadata.name ?? '')
}
