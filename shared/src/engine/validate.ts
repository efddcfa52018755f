import type { OperationState } from '../argo/application.ts'
import { formatApiVersion } from '../k8s/gvk.ts'
import type { KindInfo } from './compare-types.ts'
import { definedKind, type SyncTask } from './plan.ts'
import { kindPermitted } from './project-permits.ts'
import { objectHas, type SyncOptions } from './sync-options.ts'
import { ResultRows, withPhase } from './tasks.ts'

export interface ValidateInput {
  readonly tasks: readonly SyncTask[]
  readonly options: SyncOptions
  readonly kinds: ReadonlyMap<string, KindInfo>
  /** Every `group/version` that is served; all are where this is not said. */
  readonly versions?: ReadonlySet<string>
  readonly project: string
  readonly projectSpec: Readonly<Record<string, unknown>>
  /** Whether the project lets the application deploy into a namespace of its cluster. */
  readonly namespacePermitted: (namespace: string) => boolean
  /** The agent's own policy: the reason why an object is refused whatever the hub orders. */
  readonly refused: (task: SyncTask) => string | undefined
  readonly now: string
}

/** Fails a sync as a whole, before anything is applied, where one of its tasks can never be done. Undefined: all are well. */
export function invalid(state: OperationState, input: ValidateInput): OperationState | undefined {
  const brought = new Set(
    input.tasks.flatMap(({ target }) => {
      const kind = target && definedKind(target)
      return kind ? [`${kind.group}/${kind.kind}`] : []
    }),
  )
  const rows = new ResultRows(state)
  const reasons = new Set<string>()
  for (const task of input.tasks) {
    const fault = faultOf(task, input, brought)
    if (!fault) continue
    reasons.add(fault.reason)
    rows.set(task, { status: 'SyncFailed', message: fault.message })
  }
  if (reasons.size === 0) return undefined
  const message = `one or more synchronization tasks are not valid: ${[...reasons].toSorted().join('; ')}`
  return withPhase(rows.state(), 'Failed', message, input.now)
}

interface Fault {
  /** For the operation. */
  readonly reason: string
  /** For the object. */
  readonly message: string
}

function faultOf(task: SyncTask, input: ValidateInput, brought: ReadonlySet<string>): Fault | undefined {
  const { group, kind, name } = task.key
  const served = input.kinds.get(`${group}/${kind}`)
  // A definition in the same sync may bring the kind, or a version of it.
  const comes = task.target !== undefined && brought.has(`${group}/${kind}`)
  if (served && !isServedVersion(task, input)) {
    if (comes || mayBeMissing(task, input.options)) return undefined
    return {
      reason: `failed to discover server resources for group version ${formatApiVersion(group, task.version)}: ${notFound}`,
      message:
        `The Kubernetes API could not find version "${task.version}" of ${group}/${kind} for requested resource ` +
        `${task.namespace}/${name}. Version "${served.version}" of ${group}/${kind} is installed on the destination cluster.`,
    }
  }
  if (!served) {
    if (!task.target || comes || mayBeMissing(task, input.options)) return undefined
    return unserved(task, input)
  }
  const refusal = input.refused(task) ?? projectRefusal(task, served, input)
  return refusal === undefined ? undefined : { reason: refusal, message: refusal }
}

function projectRefusal(task: SyncTask, served: KindInfo, input: ValidateInput): string | undefined {
  const { group, kind, namespace } = task.key
  if (!kindPermitted(input.projectSpec, task.key, served.namespaced)) {
    return `resource ${group}:${kind} is not permitted in project ${input.project}`
  }
  if (served.namespaced && !input.namespacePermitted(namespace)) {
    return `namespace ${namespace} is not permitted in project '${input.project}'`
  }
  return undefined
}

function mayBeMissing(task: SyncTask, options: SyncOptions): boolean {
  return options.skipDryRunOnMissingResource || objectHas(task.target, 'SkipDryRunOnMissingResource=true')
}

/** A kind that nobody serves: its group's version may be served, and another group may have a kind of that name. */
function unserved(task: SyncTask, { kinds, versions }: ValidateInput): Fault {
  const { group, kind, name } = task.key
  const version = formatApiVersion(group, task.version)
  const all = [...kinds.values()]
  const known = versions?.has(version) ?? all.some((info) => info.group === group && info.version === task.version)
  if (known) {
    const reason = group === '' ? `${kind} "" not found` : `${kind}.${group} "" not found`
    return { reason, message: reason }
  }
  const namesake = all.find((info) => info.kind === kind)
  const requested = `for requested resource ${task.namespace}/${name}.`
  return {
    reason: `failed to discover server resources for group version ${version}: ${notFound}`,
    message: namesake
      ? `The Kubernetes API could not find version "${task.version}" of ${group}/${kind} ${requested} ` +
        `Version "${namesake.version}" of ${namesake.group}/${kind} is installed on the destination cluster.`
      : `The Kubernetes API could not find ${group}/${kind} ${requested} ` +
        `Make sure the "${kind}" CRD is installed on the destination cluster.`,
  }
}

const notFound = 'the server could not find the requested resource'

function isServedVersion({ key, version }: SyncTask, { versions }: ValidateInput): boolean {
  return versions === undefined || versions.has(formatApiVersion(key.group, version))
}
