import type { Condition } from '@flotilla/shared/argo/application'
import type { HealthJudge } from '@flotilla/shared/engine/health/assess'
import { decideAutoSync } from '@flotilla/shared/engine/auto-sync'
import type { ComparedResource, DeletePaths } from '@flotilla/shared/engine/compare-types'
import { identityOf, type Identity } from '@flotilla/shared/engine/impersonation'
import { waitingFor } from '@flotilla/shared/engine/delete'
import { retryAt, timestamp } from '@flotilla/shared/engine/retry'
import { driftDetails, heldDetails, waitDetails } from '@flotilla/shared/engine/wait-details'
import { keyOf } from '@flotilla/shared/k8s/ref'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { Assignment, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Wait } from '@flotilla/shared/protocol/report'
import type { DesiredCache, ReportSink } from '../desired.ts'
import type { Live } from '../live/live.ts'
import type { Policy } from '../policy.ts'
import { deletionRound, type StepOutcome } from './cascade.ts'
import type { Executor } from './execute.ts'
import { observe, type Comparisons, type Observation } from './observe.ts'
import { beginOperation, operate } from './operate.ts'
import { namespacePermitted } from '@flotilla/shared/engine/object-permitted'
import { windowBlock } from './windows.ts'
import type { PruneLedger } from './prune-ledger.ts'
import { beginRecord, isUnderWay, noteWait, recordFor, type ApplicationRecord, type OperationRecord } from './record.ts'
import { reportOf } from './report.ts'

export interface Reconciler {
  readonly desired: DesiredCache
  readonly reports: ReportSink
  readonly live: Live
  readonly executor: Executor
  /** The same, acting for a service account. */
  readonly executorAs: (user: string) => Executor
  readonly comparisons: Comparisons
  readonly prunes: PruneLedger
  readonly clock: Clock
  readonly policy: Policy
  readonly health: (settings: SyncSettings) => HealthJudge
  readonly deletePaths?: DeletePaths | undefined
  /** Tells which application an instance name belongs to, once its settings are known. */
  readonly named: (application: string, instance: string) => void
  /** Kinds that the instance was found to have objects of when the cluster was searched. */
  readonly foundKinds: (instance: string) => readonly string[]
  /** Why the objects of an application may not all be known yet. */
  readonly uncertain: () => string | undefined
  /** Called before each look: what was heard of the application until then is in it. */
  readonly fresh: () => void
}

/** What a round saw last and told: the next one may begin with that. */
interface Seen {
  readonly seen: Observation
  readonly waits: ApplicationRecord['waits']
  readonly conditions: readonly Condition[]
}

/** Brings one application on: compare, decide, act, report. Answers in how many milliseconds to look again, if time alone can tell. */
export async function reconcile(application: string, context: Reconciler): Promise<number | undefined> {
  const { desired } = context
  const began = desired.assignment(application)
  const first = await round(application, context)
  // What was ordered meanwhile is not in what was looked at.
  if (desired.assignment(application) !== began) return 0
  if (typeof first !== 'object') return first
  // An operation that has just ended may leave something for automated sync to do.
  const second = await round(application, context, first)
  return typeof second === 'object' || desired.assignment(application) !== began ? 0 : second
}

/** One round; answers what it saw at the end of an operation, else when to look again. */
async function round(application: string, given: Reconciler, known?: Seen): Promise<Seen | number | undefined> {
  const { desired, live, clock } = given
  const assignment = desired.assignment(application)
  if (!assignment) {
    live.store.want(application, [])
    live.store.watchNamespace(application, undefined)
    given.comparisons.delete(application)
    given.prunes.owns(application, 0)
    await desired.deleteRecord(application)
    return undefined
  }
  if (assignment.bundle === undefined || assignment.paused || desired.aside?.()) return undefined
  const record = recordFor(desired.loadRecord(application), assignment.incarnation)
  const settings = desired.settings(desired.bundle(assignment.bundle).settings)
  const { annotations, instance } = settings
  const [home = ''] = application.split('/')
  const identity = identityOf(settings, home, { enforce: !isDeleting(assignment) })
  const context = actingFor(identity, given)
  const look = async (digest: string, decides = true): Promise<Observation> => {
    // What is only told is not yet acted upon.
    if (decides) context.fresh()
    const seen = await observe(context, {
      application,
      digest,
      kinds: [...record.kinds, ...context.foundKinds(instance)],
      namespaces: record.namespaces ?? [],
      annotations,
      last: record.operation,
    })
    // What is seen, and has nothing of the application, need not be remembered.
    const served = live.discovery().kinds
    const hidden = record.kinds.filter(
      (kind) => !served.has(kind) || seen.hidden.some((reason) => reason.startsWith(`${kind}: `)),
    )
    record.kinds = [...new Set([...hidden, ...kindsOf(seen)])].toSorted()
    record.namespaces = [...new Set([...(record.namespaces ?? []), ...namespacesOf(seen)])].toSorted()
    return seen
  }
  const seen = known?.seen ?? (await look(assignment.bundle))
  context.named(application, seen.settings.instance)
  context.prunes.owns(application, seen.comparison.resources.filter(({ hook }) => !hook).length)
  const made = (now: Observation, conditions: readonly Condition[] = [], deletion?: StepOutcome) =>
    reportOf({
      assignment,
      record,
      seen: now,
      health: context.health(now.settings),
      store: live.store,
      conditions,
      now: clock.now(),
      ...(deletion && { deletion }),
    })
  const report = (...what: Parameters<typeof made>) => context.reports.report(made(...what))
  if (isDeleting(assignment)) {
    const outcome =
      identity.error === undefined
        ? await deleteOn(assignment, record, look, context)
        : { done: false, failed: `cannot apply impersonation: ${identity.error}` }
    const reason = outcome.done ? undefined : (outcome.failed ?? outcome.waiting)
    noteWait(record, reason, clock.now(), { details: outcome.details ?? [] })
    await desired.saveRecord(application, record, { durable: outcome.done })
    report(await look(assignment.bundle, false), deletionConditions(outcome, record, clock.now()), outcome)
    return outcome.done ? undefined : 1_000
  }
  const conditions: Condition[] = []
  const waited = record.waits
  const idle = !isUnderWay(record.operation)
  let again = start(assignment, record, seen, context, conditions)
  const { operation } = record
  if (operation && isUnderWay(operation)) {
    if (assignment.terminate !== undefined && assignment.terminate === (operation.order ?? 'automated')) {
      operation.state = { ...operation.state, phase: 'Terminating' }
    }
    if (isSuperseded(operation, assignment, seen)) {
      operation.terminatedBy = 'a newer commit'
      operation.state = {
        ...operation.state,
        phase: 'Terminating',
        message: 'operation is superseded by a newer commit',
      }
    }
    // What made it begin is what it begins with.
    let begun = idle && operation.bundle === assignment.bundle ? seen : undefined
    const result = await operate(operation, {
      ...context,
      application,
      latest: () => latestOf(desired, application),
      settings: () => seen.settings,
      observe: async () => {
        const before = begun
        begun = undefined
        return before ?? look(operation.bundle)
      },
      forbidden: identity.error,
      namespacePermitted,
      windowBlocks: (settings, { initiatedBy }, startedAt) =>
        windowBlock(settings, { manual: !initiatedBy?.automated, now: clock.now(), startedAt }),
      save: (durable) => desired.saveRecord(application, record, { durable }),
      announce: (now) => context.reports.passing(application, () => (isUnderWay(operation) ? made(now) : undefined)),
    })
    again = result.again
    const due = retryAt(operation.state) ?? operation.settleUntil
    const now = await look(assignment.bundle, !isUnderWay(operation))
    const { state, plan } = operation
    const details = isUnderWay(operation)
      ? waitDetails({ state, plan, live: (key) => live.store.object(key), health: context.health(now.settings) })
      : []
    noteWait(record, isUnderWay(operation) ? state.message : undefined, clock.now(), { nextAt: due, details })
    // A wait that is not written down would seem to begin with every look.
    if (!deepEqual(waited, record.waits)) await desired.saveRecord(application, record, { durable: false })
    conditions.push(...heldConditions(operation))
    report(now, conditions)
    if (isUnderWay(operation) || again !== undefined) return again
    return { seen: now, waits: record.waits, conditions }
  }
  noteLeaving(record, seen, waited, clock.now())
  if (!deepEqual(waited, record.waits)) await desired.saveRecord(application, record, { durable: false })
  const isTold = known && deepEqual([known.waits, known.conditions], [record.waits, conditions])
  if (!isTold) report(seen, conditions)
  return again
}

/** Everything is asked and written as the one that the project names. */
function actingFor({ user }: Identity, context: Reconciler): Reconciler {
  return user === undefined ? context : { ...context, executor: context.executorAs(user) }
}

function latestOf(desired: DesiredCache, application: string) {
  const digest = desired.assignment(application)?.bundle
  return digest === undefined ? undefined : { digest, revisions: desired.bundle(digest).revisions }
}

/**
 * Whether an automated sync that is still waiting for something makes way for a newer commit, where the application asks
 * for that: what it waits for may be what the commit repairs.
 */
function isSuperseded(operation: OperationRecord, { bundle }: Assignment, { settings }: Observation): boolean {
  if (operation.order !== undefined || operation.state.phase !== 'Running' || operation.bundle === bundle) return false
  return settings.syncPolicy?.syncOptions?.includes(supersedeOption) ?? false
}

const supersedeOption = 'NewerCommitSupersedes=true'

/** Objects that are being deleted and do not go are waited for, though nothing runs; where nothing else differs, for them alone. */
function noteLeaving(
  record: ApplicationRecord,
  { comparison }: Observation,
  waited: Wait | undefined,
  now: number,
): void {
  const isLeaving = ({ live }: ComparedResource): boolean => live?.metadata.deletionTimestamp !== undefined
  const leaving = comparison.resources.flatMap((one) => (one.live && isLeaving(one) ? [one.live] : []))
  if (leaving.length === 0) return
  const details = heldDetails(leaving)
  const others = comparison.resources.some((one) => one.row.status === 'OutOfSync' && !isLeaving(one))
  const { waits } = record
  if (waits && others) record.waits = { ...waits, details: [...(waits.details ?? []), ...details] }
  else {
    // What automated sync noted meanwhile is no new beginning.
    if (waited) record.waits = waited
    noteWait(record, waitingFor('deletion of', leaving), now, { details })
  }
}

/** A sync that is held back says so where users look first. */
function heldConditions({ state }: OperationRecord): Condition[] {
  const { message = '', phase, startedAt } = state
  const held = phase === 'Running' && (message.startsWith('waiting to prune ') || message.includes(': would delete '))
  return held ? [{ type: 'PruneHeldBack', message: `${message} (since ${startedAt})` }] : []
}

/** What stops a deletion, and what it has waited for longer than deletions usually take. */
function deletionConditions(
  { waiting, details = [] }: StepOutcome,
  record: ApplicationRecord,
  now: number,
): Condition[] {
  const since = record.deletingSince ?? timestamp(now)
  const failed = record.deletionFailed
  return [
    ...(failed === undefined ? [] : [{ type: 'DeletionError', message: failed }]),
    ...(waiting === undefined || now - Date.parse(since) < slowDeletion
      ? []
      : [{ type: 'DeletionWaiting', message: [`${waiting} (the deletion began at ${since})`, ...details].join('; ') }]),
  ]
}

const slowDeletion = 30_000

function isDeleting({ cascade, deletion }: Assignment): boolean {
  return cascade !== undefined || deletion !== undefined
}

/** Brings a deletion on, step after step, as far as it goes without waiting. */
async function deleteOn(
  assignment: Assignment,
  record: ApplicationRecord,
  look: (digest: string) => Promise<Observation>,
  context: Reconciler,
): Promise<StepOutcome> {
  record.deletingSince ??= timestamp(context.clock.now())
  const steps = assignment.deletion ?? ['cascade']
  for (const step of steps) {
    if (record.deletionDone?.includes(step)) continue
    const seen = await look(assignment.bundle ?? '')
    const outcome = await deletionRound(step, seen, {
      ...context,
      health: context.health(seen.settings),
      propagation: assignment.cascade === 'background' ? 'Background' : 'Foreground',
      deletingSince: record.deletingSince,
      approved: assignment.deletionApproved === true,
      uncertain: context.uncertain(),
    })
    if (outcome.failed !== undefined) record.deletionFailed = outcome.failed
    if (!outcome.done) return outcome
    delete record.deletionFailed
    record.deletionDone = [...(record.deletionDone ?? []), step]
  }
  return { done: true }
}

/** Begins what is to begin: the hub's order, or an automated sync. Answers when to ask again. */
function start(
  assignment: Assignment,
  record: ApplicationRecord,
  seen: Observation,
  context: Reconciler,
  conditions: Condition[],
): number | undefined {
  if (isUnderWay(record.operation)) return undefined
  const now = context.clock.now()
  const { operation: order, bundle } = assignment
  if (order && order.id !== record.order) {
    const ordered = context.desired.bundle(order.bundle)
    const settings = context.desired.settings(ordered.settings)
    record.order = order.id
    const begun = beginOperation(order.operation, ordered, settings, now, record.operation?.state)
    // What the hub could not begin at once goes on where it stands, its retries counted.
    const { retryCount, startedAt = begun.startedAt } = order
    const state = { ...begun, startedAt, ...(retryCount !== undefined && { retryCount }) }
    beginRecord(record, { order: order.id, bundle: order.bundle, state, begun: [] })
    return undefined
  }
  const window = windowBlock(seen.settings, { manual: false, now })
  const decision = decideAutoSync({
    settings: seen.settings,
    comparison: seen.comparison,
    revisions: seen.bundle.revisions,
    last: record.operation?.state,
    deleting: isDeleting(assignment),
    unstarted: assignment.unstarted,
    blocked: assignment.hold ?? window?.reason,
    now,
  })
  const differs = seen.comparison.sync === 'OutOfSync' && seen.settings.syncPolicy?.automated !== undefined
  const said =
    decision.type === 'no' ? (decision.error ?? decision.reason) : decision.type === 'later' ? decision.reason : ''
  noteWait(record, differs ? said : undefined, now, {
    nextAt: decision.type === 'later' ? decision.at : window?.until,
    details: differs && said !== '' ? driftDetails(seen.comparison) : [],
  })
  if (decision.type !== 'sync' && decision.error !== undefined) {
    conditions.push({ type: 'SyncError', message: decision.error })
  }
  if (decision.type === 'later') return Math.max(0, decision.at - now)
  if (decision.type === 'no') {
    // Nothing but time tells when a window opens.
    return window?.until === undefined ? undefined : Math.max(1_000, window.until - now)
  }
  const state = beginOperation(decision.operation, seen.bundle, seen.settings, now, record.operation?.state)
  beginRecord(record, { bundle: bundle ?? '', state, begun: [] })
  return undefined
}

function namespacesOf({ comparison }: Observation): string[] {
  return comparison.resources.flatMap(({ key: { namespace } }) => (namespace === '' ? [] : [namespace]))
}

function kindsOf({ comparison }: Observation): string[] {
  return [...comparison.resources, ...comparison.hooks.map((hook) => ({ key: keyOf(hook) }))].map(
    ({ key }) => `${key.group}/${key.kind}`,
  )
}
