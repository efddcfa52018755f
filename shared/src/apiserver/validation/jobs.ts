import type { FieldError } from '../strategy.ts'
import { immutable, invalid, lengthError, notSupported, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { printableLabels, printableSelector, selectorMatches, validateSelector } from './labels.ts'
import { at, notNegative } from './numbers.ts'
import { validatePodTemplate } from './pods.ts'
import { parseScheduleError } from './schedules.ts'
import { fieldsList, fieldsOf, isFields, isSet, sameValue, textOf, type Fields } from './values.ts'
import { enumerated } from './choices.ts'

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'backoffLimitPerIndex',
  'ttlSecondsAfterFinished',
  'maxFailedIndexes',
]

/** Checks a job's spec; templates of CronJobs have no selector. */
export function validateJobSpec(spec: Fields, field: string): FieldError[] {
  const errors = [...notNegative(spec, field, ...counts)]
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  }
  if (isSet(spec['completionMode'])) {
    errors.push(...enumerated(spec['completionMode'], `${field}.completionMode`, ['NonIndexed', 'Indexed']))
  }
  errors.push(...validatePodTemplate(spec['template'], `${field}.template`))
  const template = at(spec, 'template', 'spec')
  const policy = textOf(template['restartPolicy'])
  // `Always` is what the server puts where nothing is said.
  if (policy === '' || policy === 'Always') {
    errors.push(required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'))
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(notSupported(`${field}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']))
  }
  return errors
}

/** Job: its selector is the server's own unless `manualSelector` says otherwise. */
export function validateJob(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateJobSpec(spec, 'spec')
  const own = validateSelectorOf(next, spec)
  errors.push(...own)
  if (previous === undefined) return errors
  // An update is checked as a creation and once more as an update.
  errors.push(...own)
  const before = fieldsOf(previous['spec'])
  if (!sameValue(spec['completions'], before['completions']) && spec['completionMode'] !== 'Indexed') {
    errors.push(immutable('spec.completions', spec['completions']))
  }
  if (!sameValue(spec['selector'], before['selector']))
    errors.push(immutable('spec.selector', printableSelector(spec['selector'])))
  if (!sameValue(spec['template'], before['template']) && !mayChangeTemplate(spec, before, previous)) {
    errors.push(immutable('spec.template', printGo('core.v1.PodTemplateSpec', spec['template'])))
  }
  for (const name of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    if (!sameValue(spec[name], before[name])) errors.push(immutable(`spec.${name}`, spec[name]))
  }
  return errors
}

/** A job that stands still may change where its pods run, and how they are marked. */
function mayChangeTemplate(spec: Fields, before: Fields, previous: Fields): boolean {
  const suspended = fieldsList(at(previous, 'status')['conditions']).some(
    (condition) => condition['type'] === 'Suspended' && condition['status'] === 'True',
  )
  if (before['suspend'] !== true || !suspended) return false
  const strip = (template: unknown): unknown => {
    const pod = { ...at(template, 'spec') }
    for (const name of ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates']) delete pod[name]
    return pod
  }
  return sameValue(strip(spec['template']), strip(before['template']))
}

function validateSelectorOf(job: Fields, spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const selector = spec['selector']
  if (!isFields(selector)) errors.push(required('spec.selector'))
  else errors.push(...validateSelector(selector, 'spec.selector'))
  const labels = at(spec, 'template', 'metadata')['labels']
  if (spec['manualSelector'] !== true && isFields(selector)) {
    const uid = textOf(at(job, 'metadata')['uid'])
    const expected = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
    if (!sameValue(selector, expected)) {
      errors.push(invalid('spec.selector', printableSelector(selector), '`selector` not auto-generated'))
    }
  }
  if (selectorMatches(selector, labels) === false) {
    errors.push(
      invalid('spec.template.metadata.labels', printableLabels(labels), '`selector` does not match template `labels`'),
    )
  }
  return errors
}

/** CronJob: schedule, time zone and the job it makes. `knowsZone` asks the machine's time zones. */
export function validateCronJob(
  next: Fields,
  previous: Fields | undefined,
  knowsZone: (zone: string) => boolean,
): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const name = textOf(at(next, 'metadata')['name'])
  if (previous === undefined && name.length > 52) errors.push(lengthError('metadata.name', name, 52))
  const schedule = textOf(spec['schedule'])
  if (schedule === '') errors.push(required('spec.schedule'))
  else {
    const complaint = parseScheduleError(schedule)
    if (complaint !== undefined) errors.push(invalid('spec.schedule', schedule, complaint))
    if (schedule.includes('TZ') && !sameValue(at(previous, 'spec')['schedule'], schedule)) {
      errors.push(
        invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
      )
    }
  }
  errors.push(...validateZone(spec['timeZone'], knowsZone))
  errors.push(
    ...notNegative(spec, 'spec', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'),
  )
  errors.push(...enumerated(spec['concurrencyPolicy'], 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']))
  errors.push(...validateJobSpec(at(spec, 'jobTemplate', 'spec'), 'spec.jobTemplate.spec'))
  return errors
}

function validateZone(zone: unknown, knowsZone: (zone: string) => boolean): FieldError[] {
  if (typeof zone !== 'string') return []
  if (zone === '') return [invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local')
    return [
      invalid(
        'spec.timeZone',
        zone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ]
  return knowsZone(zone) ? [] : [invalid('spec.timeZone', zone, `unknown time zone ${zone}`)]
}
