import { dictionary } from '../../../lang/dictionary.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { isAtMost, need, needAt, numeric } from './strict.ts'

const succeeding = `The driver pod has been completed successfully. The executor pods terminate and are cleaned up.
                                Under this circumstances, we assume the executor pod are completed.`

const states: Readonly<Record<string, readonly [HealthStatusCode, string]>> = dictionary({
  '': ['Progressing', 'SparkApplication was added, enqueuing it for submission'],
  SUBMITTED: ['Progressing', 'SparkApplication was submitted successfully'],
  COMPLETED: ['Healthy', 'SparkApplication was Completed'],
  PENDING_RERUN: ['Progressing', 'SparkApplication is Pending Rerun'],
  INVALIDATING: ['Missing', 'SparkApplication is in InvalidatingState'],
  SUCCEEDING: ['Progressing', succeeding],
  UNKNOWN: [
    'Progressing',
    'SparkApplication is in UnknownState because either driver pod or one or all executor pods in unknown state  ',
  ],
})
const failures = new Set(['FAILED', 'SUBMISSION_FAILED', 'FAILING'])

/** A job of Spark: while it runs, as many executors as were asked for must be there. */
export function sparkHealth(object: KubeObject): HealthStatus {
  const state =
    at(object, 'status') === undefined ? undefined : need(62, at(object, 'status', 'applicationState'), 'state')
  if (typeof state === 'string') {
    const known = states[state]
    if (known) return verdict(...known)
    if (failures.has(state)) return verdict('Degraded', text(object, 'status', 'applicationState', 'errorMessage'))
    if (state === 'RUNNING' && hasExecutors(object)) return verdict('Healthy', 'SparkApplication is Running')
  }
  return verdict('Progressing', 'Waiting for Executor pods')
}

function hasExecutors(object: KubeObject): boolean {
  const executors = at(object, 'status', 'executorState')
  if (typeof executors !== 'object' || executors === null) return false
  const count = Object.values(executors).filter((one) => one === 'RUNNING').length
  const wanted = needAt(76, object, 'spec', 'executor', 'instances')
  if (wanted === count) return true
  const range = executorRange(object)
  if (range?.[0] !== undefined) return isAtMost(82, range[0], count) && isAtMost(82, count, range[1])
  return wanted === undefined && at(object, 'spec', 'dynamicAllocation') === undefined && count >= 1
}

/** How many executors may run where their number is left to Spark. */
function executorRange(object: KubeObject): readonly [number | undefined, number | undefined] | undefined {
  const dynamic = at(object, 'spec', 'dynamicAllocation')
  if (at(dynamic, 'enabled') === true)
    return [bound(at(dynamic, 'minExecutors'), 0), bound(at(dynamic, 'maxExecutors'), Infinity)]
  const conf = at(object, 'spec', 'sparkConf')
  const prefix = ['spark.streaming.dynamicAllocation', 'spark.dynamicAllocation'].find(
    (one) => at(conf, `${one}.enabled`) === 'true',
  )
  return prefix === undefined
    ? undefined
    : [bound(at(conf, `${prefix}.minExecutors`), 0), bound(at(conf, `${prefix}.maxExecutors`), Infinity)]
}

function bound(value: unknown, otherwise: number): number | undefined {
  return value === undefined ? otherwise : numeric(value)
}
