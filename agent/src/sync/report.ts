import type { Condition, HealthStatus } from '@flotilla/shared/argo/application'
import { aggregateHealth, type Judged } from '@flotilla/shared/engine/health/aggregate'
import { timestamp } from '@flotilla/shared/engine/retry'
import { isSkipped } from '@flotilla/shared/engine/hook-type'
import type { FailedHealth, HealthJudge } from '@flotilla/shared/engine/health/assess'
import { unseenConditions } from '@flotilla/shared/engine/unseen'
import type { Assignment } from '@flotilla/shared/protocol/desired'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import type { LiveEntry, LiveStore } from '../live/store.ts'
import type { StepOutcome } from './cascade.ts'
import type { Observation } from './observe.ts'
import type { ApplicationRecord } from './record.ts'

export interface ReportInput {
  readonly assignment: Assignment
  readonly record: ApplicationRecord
  readonly seen: Observation
  readonly health: HealthJudge
  readonly store: LiveStore
  /** What the engine adds to the comparison's own conditions. */
  readonly conditions: readonly Condition[]
  readonly now: number
  /** How far a deletion has come. */
  readonly deletion?: StepOutcome
}

/** All that the hub is told of an application, whole. */
export function reportOf(input: ReportInput): ApplicationReport {
  const { assignment, record, seen } = input
  const { blind } = seen.comparison
  let failure: string | undefined
  const noteFailure: FailedHealth = ({ kind, metadata: { name: of = '', namespace: home = '' } }, reason) => {
    failure ??= `failed to get resource health for "${kind}" with name "${of}" in namespace "${home}": ${reason}`
  }
  const judged = seen.comparison.resources.map((resource) => {
    const { group, kind } = resource.key
    if (resource.row.status === 'Unknown' && blind?.has(`${group}/${kind}`)) return { resource, health: unknown }
    const judge: HealthJudge = (live) => input.health(live, resource.hook ? undefined : noteFailure)
    return { resource, health: healthOf(resource, judge) }
  })
  const [namespace = '', name = ''] = assignment.application.split('/')
  const objects: Judged[] = judged.map(({ resource: { target, live }, health }) => ({ target, live, health }))
  const operation = record.operation
  return {
    application: assignment.application,
    incarnation: assignment.incarnation,
    generation: assignment.generation,
    ...(assignment.bundle !== undefined && { bundle: assignment.bundle }),
    sync: seen.comparison.sync,
    revisions: [...seen.bundle.revisions],
    health: blind ? unknown : aggregateHealth(objects, { namespace, name }),
    resources: judged.map(({ resource, health }) => ({ ...resource.row, ...(health && { health }) })),
    conditions: [
      ...seen.comparison.conditions,
      ...unseenConditions(seen.comparison),
      ...(failure === undefined ? [] : [{ type: 'ComparisonError', message: `error setting app health: ${failure}` }]),
      ...input.conditions,
    ],
    ...summaryOf(input.store, seen),
    ...(operation && { operationState: operation.state, automated: operation.order === undefined }),
    ...(record.ended && { ended: record.ended }),
    ...(operation?.order !== undefined && { operationId: operation.order }),
    ...(assignment.refresh !== undefined && { refresh: assignment.refresh }),
    reconciledAt: reconciledAt(input.now, operation?.state.finishedAt),
    ...(record.waits && { waits: record.waits }),
    ...(operation?.plan && { plan: operation.plan }),
    ...(record.deletionDone && { deletionDone: record.deletionDone }),
    ...(input.deletion?.done && { deleted: true }),
  }
}

/**
 * When all this was seen. An operation that follows on another within a second is told to be of the next one: what is
 * seen after its end is not told to be of before, as clients wait for what is not.
 */
function reconciledAt(now: number, finishedAt = ''): string {
  const at = timestamp(now)
  return finishedAt > at ? finishedAt : at
}

const unknown: HealthStatus = { status: 'Unknown' }

/** Of what is skipped only that it is missing is told. */
function healthOf({ target, live }: Judged, judge: ReportInput['health']): HealthStatus | undefined {
  if (!live) return target && { status: 'Missing' }
  return target && isSkipped(target) ? undefined : judge(live)
}

const linkPrefix = 'link.argocd.argoproj.io/'

/** Images and addresses of an application, of its objects and of what they made. */
function summaryOf(
  store: LiveStore,
  { comparison, settings }: Observation,
): { images: string[]; externalURLs: string[] } {
  const images = new Set<string>()
  const links = Object.entries(settings.annotations).filter(([key]) => key.startsWith(linkPrefix))
  const urls = new Set<string>(links.map(([, link]) => link))
  const visited = new Set<string>()
  const visit = (entry: LiveEntry | undefined): void => {
    if (!entry || visited.has(entry.uid)) return
    visited.add(entry.uid)
    for (const image of entry.images) images.add(image)
    for (const url of entry.urls) urls.add(url)
    for (const child of store.children(entry.uid)) visit(child)
  }
  for (const { key } of comparison.resources) visit(store.entry(key))
  return { images: [...images].toSorted(), externalURLs: [...urls].toSorted() }
}
