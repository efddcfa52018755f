import type { FieldError } from '../strategy.ts'
import { immutable, invalid, lengthError, notSupported, required, tooLong } from './field-errors.ts'
import { printGo, printPodSpec } from './go-print.ts'
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts'
import { printableLabels, printableSelector, selectorMatches, validateSelector } from './labels.ts'
import { dnsLabel } from './names.ts'
import { at, notNegative } from './numbers.ts'
import { domainPath } from './paths.ts'
import { validatePodTemplate } from './pods.ts'
import { parseScheduleError } from './schedules.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, sameValue, textOf, type Fields } from './values.ts'
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
  const mode = spec['completionMode']
  const perIndex = spec['backoffLimitPerIndex']
  if (isSet(spec['maxFailedIndexes']) && !isSet(perIndex))
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  if (isSet(spec['managedBy'])) errors.push(...validateManager(textOf(spec['managedBy']), `${field}.managedBy`))
  if (isSet(mode)) errors.push(...enumerated(mode, `${field}.completionMode`, ['NonIndexed', 'Indexed']))
  if (mode === 'Indexed') errors.push(...validateIndexed(spec, field))
  if (!isSet(mode) || mode === 'NonIndexed') {
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (isSet(spec[name])) errors.push(invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode'))
  }
  const failure = isFields(spec['podFailurePolicy'])
  if (failure) errors.push(...validateFailurePolicy(spec, `${field}.podFailurePolicy`))
  if (isFields(spec['successPolicy'])) {
    if (mode === 'Indexed') errors.push(...validateSuccessPolicy(spec, `${field}.successPolicy`))
    else {
      const printed = printGo('batch.v1.SuccessPolicy', spec['successPolicy'])
      errors.push(invalid(`${field}.successPolicy`, printed, 'requires indexed completion mode'))
    }
  }
  const replacements = failure ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  const replacement = spec['podReplacementPolicy']
  if (isSet(replacement) && !replacements.includes(textOf(replacement)))
    errors.push(notSupported(`${field}.podReplacementPolicy`, replacement, replacements))
  errors.push(...validatePodTemplate(spec['template'], `${field}.template`))
  const policyField = `${field}.template.spec.restartPolicy`
  const policy = textOf(at(spec, 'template', 'spec')['restartPolicy'])
  // `Always` is what the server puts where nothing is said.
  if (policy === '' || policy === 'Always') errors.push(required(policyField, 'valid values: "OnFailure", "Never"'))
  else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(notSupported(policyField, policy, ['OnFailure', 'Never']))
  else if (failure && policy !== 'Never')
    errors.push(invalid(policyField, policy, 'only "Never" is supported when podFailurePolicy is specified'))
  return errors
}

function validateManager(name: string, field: string): FieldError[] {
  const errors = domainPath(name, field)
  return name.length > 63 ? [...errors, tooLong(field, 63)] : errors
}

const many = 100_000
const fewer = 10_000

/** What an indexed job may ask, the less the more it is to complete. */
function validateIndexed(spec: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const [completions, parallelism, failed] = ['completions', 'parallelism', 'maxFailedIndexes'].map((name) =>
    numberOf(spec[name]),
  )
  const over = (name: string, value: number | undefined, limit: number, why: string): void => {
    if (value !== undefined && value > limit)
      errors.push(invalid(`${field}.${name}`, value, `must be less than or equal to ${why}`))
  }
  if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  over('parallelism', parallelism, many, `${many} when completion mode is Indexed`)
  if (completions !== undefined) over('maxFailedIndexes', failed, completions, 'completions')
  over('maxFailedIndexes', failed, many, `${many}`)
  if (completions === undefined || completions <= many || !isSet(spec['backoffLimitPerIndex'])) return errors
  if (failed === undefined)
    errors.push(required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${many}`))
  const why = `${fewer} when completions are above ${many} and used with backoff limit per index`
  over('parallelism', parallelism, fewer, why)
  over('maxFailedIndexes', failed, fewer, why)
  return errors
}

/** Job: its selector is the server's own unless `manualSelector` says otherwise. */
export function validateJob(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateJobSpec(spec, 'spec')
  const own = validateSelectorOf(spec)
  errors.push(...own, ...validateGenerated(next, spec))
  if (previous === undefined) return [...errors, ...validatePodName(next, spec)]
  // An update is checked as a creation and once more as an update.
  errors.push(...validateJobSpec(spec, 'spec'), ...own)
  const before = fieldsOf(previous['spec'])
  errors.push(...keepCompletions(spec, before))
  if (!sameValue(spec['selector'], before['selector']))
    errors.push(immutable('spec.selector', printableSelector(spec['selector'])))
  errors.push(...keepTemplate(spec, before, previous))
  for (const name of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    if (!sameValue(spec[name], before[name])) errors.push(immutable(`spec.${name}`, shown(name, spec[name])))
  }
  return errors
}

/** Pods of an indexed job are named after it and their index. */
function validatePodName(job: Fields, spec: Fields): FieldError[] {
  const completions = numberOf(spec['completions']) ?? 0
  if (spec['completionMode'] !== 'Indexed' || completions <= 0) return []
  const name = textOf(at(job, 'metadata')['name'])
  const pod = `${name}-${completions - 1}`
  if (dnsLabel(pod).length === 0) return []
  return [invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${pod}`)]
}

/** Structures are shown as Go prints them. */
function shown(name: string, value: unknown): unknown {
  const type = { podFailurePolicy: 'batch.v1.PodFailurePolicy', successPolicy: 'batch.v1.SuccessPolicy' }[name]
  return type === undefined || !isFields(value) ? value : printGo(type, value)
}

/** An indexed job grows and shrinks as a whole. */
function keepCompletions(spec: Fields, before: Fields): FieldError[] {
  const { completions } = spec
  if (sameValue(completions, before['completions'])) return []
  if (spec['completionMode'] !== 'Indexed') return [immutable('spec.completions', completions)]
  if (!isSet(completions) || !isSet(before['completions']) || completions === spec['parallelism']) return []
  return [invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A job that stands still may change where its pods run, how they are marked, and what they need. */
function keepTemplate(spec: Fields, before: Fields, previous: Fields): FieldError[] {
  const status = fieldsOf(previous['status'])
  const suspended = fieldsList(status['conditions']).some(
    (condition) => condition['type'] === 'Suspended' && condition['status'] === 'True',
  )
  if (before['suspend'] !== true || !suspended || (numberOf(status['active']) ?? 0) > 0) {
    if (sameValue(spec['template'], before['template'])) return []
    return [immutable('spec.template', printGo('core.v1.PodTemplateSpec', spec['template']))]
  }
  const pod = at(spec, 'template', 'spec')
  if (sameValue(settled(pod, pod), settled(at(before, 'template', 'spec'), pod))) return []
  return [immutable('spec.template.spec', printPodSpec(pod))]
}

/** A pod's spec without what may change; resources only of containers that kept name and place. */
function settled(pod: Fields, next: Fields): Fields {
  const { nodeSelector: _, tolerations: __, schedulingGates: ___, affinity, ...rest } = pod
  const { nodeAffinity: ____, ...others } = fieldsOf(affinity)
  const kept: Fields = { ...rest, affinity: others }
  for (const list of ['containers', 'initContainers']) {
    const now = fieldsList(next[list])
    const containers = fieldsList(pod[list])
    if (containers.length !== now.length) continue
    kept[list] = containers.map((container, index) =>
      container['name'] === now[index]?.['name'] ? { ...container, resources: {} } : container,
    )
  }
  return kept
}

function validateSelectorOf(spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const selector = spec['selector']
  if (!isFields(selector)) errors.push(required('spec.selector'))
  else errors.push(...validateSelector(selector, 'spec.selector'))
  const labels = at(spec, 'template', 'metadata')['labels']
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
  const job = at(spec, 'jobTemplate', 'spec')
  errors.push(...validateJobSpec(job, 'spec.jobTemplate.spec'))
  if (isSet(job['selector'])) {
    const printed = printableSelector(job['selector'])
    errors.push(invalid('spec.jobTemplate.spec.selector', printed, '`selector` will be auto-generated'))
  }
  if (job['manualSelector'] === true)
    errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']))
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

/** The selector that a job is given, and the labels that go with it. */
function validateGenerated(job: Fields, spec: Fields): FieldError[] {
  const selector = spec['selector']
  if (spec['manualSelector'] === true || !isFields(selector)) return []
  const uid = textOf(at(job, 'metadata')['uid'])
  const name = textOf(at(job, 'metadata')['name'])
  const labels = fieldsOf(at(spec, 'template', 'metadata')['labels'])
  const expected = { 'controller-uid': uid, 'job-name': name }
  const errors = Object.entries(expected).flatMap(([label, value]) =>
    [label, `batch.kubernetes.io/${label}`].flatMap((key) => {
      const field = `spec.template.metadata.labels[${key}]`
      if (labels[key] === undefined) return [required(field, `must be '${value}'`)]
      return labels[key] === value ? [] : [invalid(field, printableLabels(labels), `must be '${value}'`)]
    }),
  )
  if (!sameValue(selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }))
    errors.push(invalid('spec.selector', printableSelector(selector), '`selector` not auto-generated'))
  return errors
}
