import type { Application, Operation } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Differences } from './differences.ts'
import { observed, operationMark, rolloutOperation } from './observe.ts'
import { isRolling, stepsOf } from './rollout-steps.ts'
import { rollOut } from './rollout.ts'
import { withoutAutomation } from './spec.ts'
import { withConditions } from './status.ts'
import type { ApplicationSet, Generated } from './types.ts'

interface RolloutsInput {
  /** The set's applications that are there. */
  readonly own: readonly Application[]
  readonly generated: readonly Generated[]
  readonly differences: Differences
  readonly now: string
}

interface RolloutsOutput {
  /** The set's status with the rollout in it; the rest as it was. */
  readonly status: NonNullable<ApplicationSet['status']>
  /** What was generated, to be stored without automated sync where a rollout begins the syncs. */
  readonly generated: readonly Generated[]
  readonly operations: ReadonlyMap<string, Operation>
}

/** Takes the rollouts of sets a step on, and remembers which operations they have asked for. */
export interface Rollouts {
  step(key: string, set: ApplicationSet, input: RolloutsInput): RolloutsOutput
  forget(key: string): void
}

/** A set whose rollout has just asked for an operation must not take the one before for its answer. */
export function createRollouts(): Rollouts {
  const asked = new Map<string, Map<string, string>>()

  return {
    step(key, set, { own, generated, differences, now }) {
      const before = set.status ?? {}
      const operations = new Map<string, Operation>()
      if (!isRolling(set)) {
        asked.delete(key)
        const { applicationStatus: _past, ...status } = before
        return { status, generated, operations }
      }
      const marks = asked.get(key) ?? new Map<string, string>()
      asked.set(key, marks)
      const manual = generated.map((one): Generated => ({ ...one, spec: withoutAutomation(one.spec) }))
      const wanted = new Map(manual.map((one) => [one.metadata.name ?? '', one]))
      const known = new Map((before.applicationStatus ?? []).map((status) => [status.application, status]))
      const applications = own.flatMap((app) => {
        const name = app.metadata.name ?? ''
        const to = wanted.get(name)
        const changed = !!to && !differences.sameSpec(app as unknown as KubeObject, to as unknown as KubeObject)
        return observed(app, changed, known.get(name), marks.get(name)) ?? []
      })
      const desired = generated.map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels ?? {} }))
      const { statuses, sync, conditions } = rollOut({
        steps: stepsOf(set),
        desired,
        applications,
        before: before.applicationStatus ?? [],
        now,
      })
      const pending = new Set(statuses.flatMap((each) => (each.status === 'Pending' ? [each.application] : [])))
      for (const name of marks.keys()) if (!pending.has(name)) marks.delete(name)
      const byName = new Map(own.map((app) => [app.metadata.name ?? '', app]))
      for (const one of generated) {
        const name = one.metadata.name ?? ''
        const app = byName.get(name)
        // What it is asked for again while it has not begun is the same.
        if (!app || !sync.has(name) || app.operation) continue
        operations.set(name, rolloutOperation(one))
        marks.set(name, operationMark(app))
      }
      const status = withConditions(set, { ...before, applicationStatus: [...statuses] }, conditions, now)
      return { status, generated: manual, operations }
    },
    forget: (key) => void asked.delete(key),
  }
}
