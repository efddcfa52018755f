import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { inOrder } from '@flotilla/shared/lang/order'
import type { Controller } from '../machinery/controller.ts'
import type { Note } from '../machinery/events.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { findCondition, timestamp } from './conditions.ts'
import { dueTimes, scheduleOf, type NextTime } from './cron-schedule.ts'
import type { Job } from './job-conditions.ts'
import { controllerOf, controllerReference, wakesOwner } from './owners.ts'
import { isTerminating, note, warning } from './pods.ts'

interface JobReference {
  apiVersion: string
  kind: string
  namespace: string
  name: string
  uid: string
  resourceVersion: string
}

export interface CronJob extends KubeObject {
  spec: {
    schedule: string
    timeZone?: string
    suspend?: boolean
    concurrencyPolicy?: string
    startingDeadlineSeconds?: number
    successfulJobsHistoryLimit?: number
    failedJobsHistoryLimit?: number
    jobTemplate: { metadata?: KubeObject['metadata']; spec: Job['spec'] }
  }
  status?: { active?: JobReference[]; lastScheduleTime?: string; lastSuccessfulTime?: string }
}

const scheduledAt = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Clocks differ a little: a time is looked for a moment after it should have come. */
const paddingMs = 100

/** Makes Jobs by the clock. */
export const cronJobController: Controller = {
  name: 'cronjob',
  resource: resources.cronJobs,
  watches: [wakesOwner(resources.jobs, resources.cronJobs, 'CronJob')],
  reconcile(object, world, now) {
    const cronJob = object as CronJob
    const { uid } = cronJob.metadata
    const jobs = (world.of(resources.jobs).ownedBy(uid) as Job[]).filter((job) => controllerOf(job)?.uid === uid)
    return reconcileCronJob(cronJob, jobs, now)
  },
}

/** The decision on one CronJob and the Jobs it has made. */
export function reconcileCronJob(cronJob: CronJob, jobs: readonly Job[], now: number): Outcome {
  const { status, notes } = seen(cronJob, jobs)
  const update = isDeepStrictEqual(status, cronJob.status ?? {})
    ? []
    : [statusWrite(resources.cronJobs, cronJob, status)]
  // What is decided next reads what was noticed.
  if (update.length > 0) return { writes: update, notes, againMs: 0 }
  if (isTerminating(cronJob)) return nothing
  const old = surplus(cronJob, jobs)
  if (old.length > 0) return { writes: old, againMs: 0 }
  if (cronJob.spec.suspend === true) return nothing
  try {
    return due(cronJob, jobs, scheduleOf(cronJob.spec.schedule, cronJob.spec.timeZone), now)
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    const text = `unparseable schedule: ${JSON.stringify(cronJob.spec.schedule)} : ${why}`
    return { writes: [], notes: [warning(cronJob, 'UnparseableSchedule', text)] }
  }
}

/** What has become of the Jobs since the status was written. */
function seen(cronJob: CronJob, jobs: readonly Job[]): { status: NonNullable<CronJob['status']>; notes: Note[] } {
  const status = { ...cronJob.status }
  const notes: Note[] = []
  let active = [...(status.active ?? [])]
  for (const job of jobs) {
    const { uid, name = '', annotations } = job.metadata
    const listed = active.some((reference) => reference.uid === uid)
    const end = endOf(job)
    if (!end && !listed && !isTerminating(job)) {
      const time = Date.parse(annotations?.[scheduledAt] ?? '')
      if (Number.isNaN(time) || name !== jobName(cronJob, time)) continue
      active.push(referenceTo(job))
      if (time > Date.parse(status.lastScheduleTime ?? '1970-01-01T00:00:00Z'))
        status.lastScheduleTime = timestamp(time)
    }
    if (!end) continue
    if (listed) {
      active = active.filter((reference) => reference.uid !== uid)
      notes.push(note(cronJob, 'SawCompletedJob', `Saw completed job: ${name}, condition: ${end}`))
    }
    const completed = job.status?.completionTime
    if (end === 'Complete' && completed !== undefined && completed > (status.lastSuccessfulTime ?? ''))
      status.lastSuccessfulTime = completed
  }
  const present = new Set(jobs.map(({ metadata }) => metadata.uid))
  for (const { uid, name } of active.filter((reference) => !present.has(reference.uid))) {
    active = active.filter((reference) => reference.uid !== uid)
    notes.push(note(cronJob, 'MissingJob', `Active job went missing: ${name}`))
  }
  if (active.length > 0) status.active = active
  else delete status.active
  return { status, notes }
}

function endOf(job: Job): string | undefined {
  return ['Complete', 'Failed'].find((type) => findCondition(job.status?.conditions, type)?.status === 'True')
}

function referenceTo(job: Job): JobReference {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = job.metadata
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
}

function jobName(cronJob: CronJob, time: number): string {
  return `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`
}

/** Ended Jobs beyond the limits, the oldest first. */
function surplus(cronJob: CronJob, jobs: readonly Job[]): Write[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec
  const beyond = (end: string, limit: number | undefined): Job[] => {
    const ended = jobs.filter((job) => endOf(job) === end && !isTerminating(job)).toSorted(byStart)
    return limit === undefined ? [] : ended.slice(0, Math.max(0, ended.length - limit))
  }
  return [...beyond('Complete', successfulJobsHistoryLimit), ...beyond('Failed', failedJobsHistoryLimit)].map((job) =>
    deleteJob(cronJob, job),
  )
}

function byStart(a: Job, b: Job): number {
  const started = (job: Job): string => job.status?.startTime ?? '9'
  return inOrder(started(a), started(b)) || inOrder(a.metadata.name ?? '', b.metadata.name ?? '')
}

function deleteJob(cronJob: CronJob, job: Job): Write {
  return {
    verb: 'delete',
    ref: refTo(resources.jobs, job),
    options: { propagationPolicy: 'Background' },
    announce: { done: () => note(cronJob, 'SuccessfulDelete', `Deleted job ${job.metadata.name}`) },
  }
}

function due(cronJob: CronJob, jobs: readonly Job[], next: NextTime, now: number): Outcome {
  const { spec, status, metadata } = cronJob
  const last = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '')
  const deadlineMs = (spec.startingDeadlineSeconds ?? Infinity) * 1000
  const { last: time, missed } = dueTimes(next, Math.max(last, now - deadlineMs), now)
  const coming = next(now)
  const again = coming === undefined ? {} : { againMs: coming + paddingMs - now }
  if (time === undefined || time === Date.parse(status?.lastScheduleTime ?? '')) return { writes: [], ...again }
  const notes: Note[] = []
  if (missed > 100)
    notes.push(
      warning(
        cronJob,
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      ),
    )
  if (time + deadlineMs < now) {
    const text = `Missed scheduled time to start a job: ${new Date(time).toUTCString().replace('GMT', '+0000')}`
    return { writes: [], notes: [...notes, warning(cronJob, 'MissSchedule', text)], ...again }
  }
  const active = status?.active ?? []
  if (active.some(({ name }) => name === jobName(cronJob, time))) return { writes: [], ...again }
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const text = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    return { writes: [], notes: [...notes, note(cronJob, 'JobAlreadyActive', text)], ...again }
  }
  const replaced =
    spec.concurrencyPolicy === 'Replace'
      ? jobs.filter(({ metadata: { uid } }) => active.some((reference) => reference.uid === uid))
      : []
  return { writes: [...replaced.map((job) => deleteJob(cronJob, job)), create(cronJob, time)], notes, ...again }
}

function create(cronJob: CronJob, time: number): Write {
  const { jobTemplate, timeZone } = cronJob.spec
  const namespace = cronJob.metadata.namespace ?? ''
  const { labels, annotations } = jobTemplate.metadata ?? {}
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, time),
      namespace,
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, [scheduledAt]: inZone(time, timeZone) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: jobTemplate.spec,
  }
  const announce = {
    done: () => note(cronJob, 'SuccessfulCreate', `Created job ${object.metadata.name}`),
    failed: (why: string) => warning(cronJob, 'FailedCreate', `Error creating job: ${why}`),
  }
  return { verb: 'create', ref: { ...resources.jobs, namespace }, object, announce }
}

/** RFC 3339 with the offset of a time zone. */
function inZone(time: number, timeZone: string | undefined): string {
  if (timeZone === undefined) return timestamp(time)
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(time)
  const [, sign = '+', hours = '00', minutes = '00'] =
    /GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  return offset === 0 ? timestamp(time) : timestamp(time + offset).replace('Z', `${sign}${hours}:${minutes}`)
}
