import {
  sourcesOf,
  type Application,
  type ApplicationStatus,
  type Condition,
  type HealthStatus,
  type ResourceStatus,
} from '@flotilla/shared/argo/application'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { mergeConditions } from './conditions.ts'
import { withEnded, withOperationState } from './history.ts'

/** What the hub itself knows beside the agent's report. */
export interface HubView {
  /** RFC 3339. */
  readonly now: string
  readonly controlNamespace: string
  /** The spec cannot be worked with: nothing is known of the cluster. */
  readonly invalid?: readonly Condition[] | undefined
  /** Manifests could not be made. */
  readonly renderFailure?: string | undefined
  /** Warnings of rendering. */
  readonly conditions?: readonly Condition[] | undefined
  readonly sourceTypes?: readonly string[] | undefined
  /** The agent is away since then, so what is known of the cluster is old. */
  readonly awaySince?: string | undefined
  /** The agent is there, but its cluster does not answer, since then (RFC 3339). */
  readonly unreachable?: { readonly cluster: string; readonly since: string; readonly message: string } | undefined
  /** The destination's cluster, where no agent of it has ever joined. */
  readonly neverJoined?: string | undefined
}

/** The status of an application from what its agent said last and what the hub knows: the one place where it is made. */
export function foldStatus(app: Application, report: ApplicationReport | undefined, hub: HubView): ApplicationStatus {
  const before = app.status ?? {}
  const failure = hub.renderFailure
  let status: ApplicationStatus = { ...before }
  delete status.resources
  delete status.conditions

  const conditions: Condition[] = [...(hub.invalid ?? []), ...(hub.conditions ?? [])]
  if (failure !== undefined) conditions.push({ type: 'ComparisonError', message: failure })
  if (hub.awaySince !== undefined) {
    const message = `The agent of the destination cluster is away: state unknown since ${hub.awaySince}`
    conditions.push({ type: 'UnknownError', message })
  }
  if (hub.unreachable !== undefined && failure === undefined && !hub.invalid) {
    const { cluster, since, message } = hub.unreachable
    const words = `Failed to load live state: cluster "${cluster}" has not answered since ${since}: ${message}`
    conditions.push({ type: 'ComparisonError', message: words })
  }
  if (hub.neverJoined !== undefined && failure === undefined && !hub.invalid) {
    const message = `Failed to load live state: no agent of cluster "${hub.neverJoined}" has joined yet; 'flotilla cluster add ${hub.neverJoined}' prints the command that starts one`
    conditions.push({ type: 'ComparisonError', message })
  }
  if (report && !hub.invalid) conditions.push(...report.conditions.filter((each) => !covered(each, failure)))
  const merged = mergeConditions(before.conditions ?? [], conditions, hub.now)
  if (merged) status.conditions = merged

  if (hub.invalid) {
    // Nothing was compared: what an earlier comparison wrote stays, but its verdicts no longer hold.
    if (before.resources) status.resources = before.resources
    status.sync = { ...before.sync, status: 'Unknown' }
    status.health = health(before.health, { status: 'Unknown' }, hub.now)
    return withSourceTypes(status, app, hub)
  }
  status.controllerNamespace = hub.controlNamespace

  const blind = hub.awaySince !== undefined || hub.unreachable !== undefined
  const reported = resourceRows(report?.resources ?? [], failure !== undefined).map(withoutEmptyName)
  const rows = blind ? reported.map(asUnknown) : reported
  if (rows.length > 0) status.resources = rows
  status.resourceHealthSource = 'appTree'
  status.summary = {
    ...(report && report.images.length > 0 ? { images: [...report.images] } : {}),
    ...(report && report.externalURLs.length > 0 ? { externalURLs: [...report.externalURLs] } : {}),
    ...(rows.some((row) => row.group === 'argoproj.io' && row.kind === 'Application') ? { isAppOfApps: true } : {}),
  }
  status.sync = syncOf(app, report, hub)
  if (blind) status.health = health(before.health, { status: 'Unknown' }, hub.now)
  else if (report) status.health = health(before.health, report.health, hub.now)
  else if (failure !== undefined || hub.neverJoined !== undefined)
    status.health = health(before.health, { status: 'Healthy' }, hub.now)
  if (report || failure !== undefined) status.reconciledAt = report?.reconciledAt ?? hub.now
  status = withSourceTypes(status, app, hub)
  if (report?.ended) {
    // Who orders a sync takes the state of the run before away; what was looked at last knew of it.
    const seenUntil = app.operation && !before.operationState ? before.reconciledAt : undefined
    status = withEnded(status, report.ended, app.spec.revisionHistoryLimit, seenUntil)
  }
  if (report?.operationState) {
    status = withOperationState(status, report.operationState, app.spec.revisionHistoryLimit)
  }
  return status
}

function covered(condition: Condition, failure: string | undefined): boolean {
  return failure !== undefined && condition.type === 'ComparisonError'
}

function syncOf(
  app: Application,
  report: ApplicationReport | undefined,
  hub: HubView,
): NonNullable<ApplicationStatus['sync']> {
  const compared = comparedTo(app)
  const multiple = (app.spec.sources?.length ?? 0) > 0
  if (hub.renderFailure !== undefined) {
    // Argo CD shows the name of the revision that was asked for while it cannot say which commit that is.
    const names = sourcesOf(app.spec).map((source) => source.targetRevision ?? '')
    return {
      status: 'Unknown',
      ...(!multiple && names[0] ? { revision: names[0] } : {}),
      comparedTo: compared,
    }
  }
  const blind = hub.awaySince !== undefined || hub.unreachable !== undefined
  const status = blind || !report ? 'Unknown' : report.sync
  const revisions = report?.revisions ?? []
  return {
    status,
    ...(multiple ? { revisions: [...revisions] } : revisions[0] ? { revision: revisions[0] } : {}),
    comparedTo: compared,
  }
}

/** What was compared, as `status.sync.comparedTo` repeats it. */
export function comparedTo(app: Application): NonNullable<NonNullable<ApplicationStatus['sync']>['comparedTo']> {
  const { sources, source, destination, ignoreDifferences } = app.spec
  return {
    destination: destination ?? {},
    ...(sources && sources.length > 0 ? { source: { repoURL: '' }, sources } : source ? { source } : {}),
    ...(ignoreDifferences && ignoreDifferences.length > 0 ? { ignoreDifferences } : {}),
  }
}

/** Rows as reported; while nothing can be rendered each live object is one that no manifest asks for, of unknown state. */
function resourceRows(rows: readonly ResourceStatus[], failed: boolean): ResourceStatus[] {
  if (!failed) return [...rows]
  return rows
    .filter((row) => row.health?.status !== 'Missing')
    .map((row) => (row.hook ? row : { ...row, status: 'Unknown', requiresPruning: true }))
}

/** What was seen of an object once says nothing of it now. */
function asUnknown(row: ResourceStatus): ResourceStatus {
  return { ...row, status: 'Unknown', ...(row.health && { health: { status: 'Unknown' } }) }
}

/** An object without a name is compared as any other, and shown without one. */
function withoutEmptyName(row: ResourceStatus): ResourceStatus {
  if (row.name !== '') return row
  const { name: _name, ...rest } = row
  return rest as ResourceStatus
}

function health(
  before: ApplicationStatus['health'],
  now: HealthStatus,
  time: string,
): NonNullable<ApplicationStatus['health']> {
  if (before?.status === now.status) return before
  return { ...now, lastTransitionTime: time }
}

function withSourceTypes(status: ApplicationStatus, app: Application, hub: HubView): ApplicationStatus {
  const types = hub.sourceTypes
  if (!types) return status
  const next: ApplicationStatus = { ...status }
  if ((app.spec.sources?.length ?? 0) > 0) {
    next.sourceTypes = [...types]
    delete next.sourceType
  } else {
    if (types[0]) next.sourceType = types[0]
    // Manifests from a user's disk are of no type.
    else delete next.sourceType
    delete next.sourceTypes
  }
  return next
}
