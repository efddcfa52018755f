import type { FieldError } from '../strategy.ts'
import { duplicate, immutable, invalid, required, wrong } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { countIndexes, overlap } from './job-policies.ts'
import { at, notNegative } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

/** What a job's status says, before and after a change; what did not change is not judged anew. */
class Change {
  readonly now: Fields
  readonly before: Fields

  constructor(now: unknown, before: unknown) {
    this.now = fieldsOf(now)
    this.before = fieldsOf(before)
  }

  of(name: string): boolean {
    return !sameValue(this.now[name], this.before[name])
  }

  is(...types: readonly string[]): boolean {
    return types.some((type) => holds(this.now, type))
  }

  was(...types: readonly string[]): boolean {
    return types.some((type) => holds(this.before, type))
  }

  turned(...types: readonly string[]): boolean {
    return this.is(...types) !== this.was(...types)
  }
}

function holds(status: Fields, type: string, value = 'True'): boolean {
  return fieldsList(status['conditions']).some((item) => item['type'] === type && item['status'] === value)
}

const conditions = 'status.conditions'

/** Checks a job's status: whoever runs the job, its end is final and tells how it came. */
export function validateJobStatus(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const change = new Change(next['status'], previous?.['status'])
  return [
    ...notNegative(change.now, 'status', 'active', 'succeeded', 'failed', 'ready', 'terminating'),
    ...uncounted(change.now),
    ...endings(change, spec),
    ...times(change, spec),
    ...counts(change),
    ...indexes(change, spec),
    ...(previous ? transitions(change, spec) : []),
  ]
}

function uncounted(status: Fields): FieldError[] {
  const seen = new Set<unknown>()
  return ['succeeded', 'failed'].flatMap((list) =>
    listOf(at(status, 'uncountedTerminatedPods')[list]).flatMap((uid, index) => {
      const field = `status.uncountedTerminatedPods.${list}[${index}]`
      if (uid === '') return [invalid(field, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(field, uid)]
      seen.add(uid)
      return []
    }),
  )
}

/** Which conditions go together. */
function endings(change: Change, spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (what: string): void => void errors.push(wrong(conditions, `cannot set ${what}`))
  const complete = change.is('Complete')
  if (change.turned('Complete') || change.turned('Failed'))
    if (complete && change.is('Failed')) refuse('Complete=True and Failed=true conditions')
  if (change.turned('Complete') || change.turned('FailureTarget'))
    if (complete && change.is('FailureTarget')) refuse('Complete=True and FailureTarget=true conditions')
  if (change.turned('Failed') || change.of('failedIndexes'))
    if (change.is('Failed') && !change.is('FailureTarget'))
      refuse('Failed=True condition without the FailureTarget=true condition')
  const met = change.is('SuccessCriteriaMet')
  if (change.turned('Complete') || change.turned('SuccessCriteriaMet'))
    if (complete && !met) refuse('Complete=True condition without the SuccessCriteriaMet=true condition')
  if (met && change.is('Failed')) refuse('SuccessCriteriaMet=True and Failed=true conditions')
  if (met && change.is('FailureTarget')) refuse('SuccessCriteriaMet=True and FailureTarget=true conditions')
  if (isFields(spec['successPolicy']) && !met && complete)
    refuse('Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
  return errors
}

function times(change: Change, spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const { startTime: start, completionTime: end } = change.now
  const complete = change.is('Complete')
  if (change.turned('Complete') || change.of('completionTime')) {
    const detail = 'cannot set completionTime when there is no Complete=True condition'
    if (isSet(end) && !complete) errors.push(invalid('status.completionTime', end, detail))
    if (!isSet(end) && complete)
      errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
  }
  if (change.of('startTime') || change.of('completionTime')) {
    if (isSet(start) && isSet(end) && Date.parse(textOf(end)) < Date.parse(textOf(start)))
      errors.push(invalid('status.completionTime', end, 'must be equal to or after `startTime`'))
  }
  const nothingToDo = spec['suspend'] === true && spec['completions'] === 0
  if ((change.turned('Complete', 'Failed') || change.of('startTime')) && !nothingToDo) {
    if (!isSet(start) && change.is('Complete', 'Failed'))
      errors.push(required('status.startTime', 'startTime is required for finished job'))
  }
  return errors
}

function counts(change: Change): FieldError[] {
  const errors: FieldError[] = []
  const { active, ready, terminating, uncountedTerminatedPods: pods } = change.now
  const finished = change.is('Complete', 'Failed')
  const turned = change.turned('Complete', 'Failed')
  if ((turned || change.of('active')) && finished && Number(active ?? 0) > 0)
    errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'))
  const waiting = [...listOf(fieldsOf(pods)['failed']), ...listOf(fieldsOf(pods)['succeeded'])]
  if ((turned || change.of('uncountedTerminatedPods')) && finished && waiting.length > 0) {
    const printed = printGo('batch.v1.UncountedTerminatedPods', pods)
    errors.push(invalid('status.uncountedTerminatedPods', printed, 'must be empty for finished job'))
  }
  if ((turned || change.of('terminating')) && finished && Number(terminating ?? 0) > 0)
    errors.push(invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  if ((change.of('ready') || change.of('active')) && isSet(ready) && Number(ready) > Number(active ?? 0))
    errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'))
  return errors
}

function indexes(change: Change, spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const completions = numberOf(spec['completions'])
  const perIndex = isSet(spec['backoffLimitPerIndex'])
  const done = textOf(change.now['completedIndexes'])
  const failed = change.now['failedIndexes']
  const doneChanged = change.of('completedIndexes')
  const failedChanged = change.of('failedIndexes')
  const parse = (name: string, text: string): void => {
    const counted = countIndexes(text, completions ?? 0)
    const detail = `error parsing ${name}: ${counted}`
    if (typeof counted === 'string') errors.push(invalid(`status.${name}`, text, detail))
  }
  if (doneChanged && completions !== undefined) parse('completedIndexes', done)
  if (failedChanged && completions !== undefined && perIndex && isSet(failed)) parse('failedIndexes', textOf(failed))
  if (doneChanged && done !== '' && spec['completionMode'] !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    errors.push(invalid('status.completedIndexes', done, detail))
  }
  if (failedChanged && !perIndex && isSet(failed)) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    errors.push(invalid('status.failedIndexes', failed, detail))
  }
  if ((failedChanged || doneChanged) && completions !== undefined && isSet(failed)) {
    const both = overlap(done, textOf(failed))
    const detail = `failedIndexes and completedIndexes overlap at index: ${both}`
    if (both !== undefined) errors.push(invalid('status.failedIndexes', failed, detail))
  }
  return errors
}

/** What may not be taken back. */
function transitions(change: Change, spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (change.was(type) && !change.is(type))
      errors.push(wrong(conditions, `cannot disable the terminal ${type}=True condition`))
  const shrinks = spec['completionMode'] === 'Indexed' && sameValue(spec['completions'], spec['parallelism'])
  for (const name of shrinks ? ['failed'] : ['failed', 'succeeded'])
    if (Number(change.now[name] ?? 0) < Number(change.before[name] ?? 0))
      errors.push(invalid(`status.${name}`, change.now[name] ?? 0, `cannot decrease the ${name} counter`))
  const { startTime: start, completionTime: end } = change.now
  if (isSet(end) && isSet(change.before['completionTime']) && change.of('completionTime'))
    errors.push(immutable('status.completionTime', end))
  const resumes = change.was('Suspended') && holds(change.now, 'Suspended', 'False')
  if (isSet(change.before['startTime']) && change.of('startTime') && spec['suspend'] !== true && !resumes)
    errors.push(invalid('status.startTime', start, 'field is immutable for unsuspended job once set'))
  if (change.was('SuccessCriteriaMet') && !change.is('SuccessCriteriaMet'))
    errors.push(wrong(conditions, 'cannot disable the SuccessCriteriaMet=True condition'))
  if (change.was('Complete') && !change.was('SuccessCriteriaMet') && change.is('SuccessCriteriaMet')) {
    const detail = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'
    errors.push(wrong(conditions, detail))
  }
  return errors
}
