import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byPhase, type CustomRule, type RuleTable } from './rules.ts'
import { needing } from './strict.ts'

/** A step of a delivery; Keptn gives each a status at once, so one without is an error. */
function step(kind: string, field = 'status'): CustomRule {
  return needing(
    2,
    ['status', field],
    byPhase({
      at: ['status', field],
      phases: { Succeeded: ['Healthy', `${kind} is healthy`], Failed: ['Degraded', `${kind} is degraded`] },
      none: ['Progressing', `${kind} is progressing`],
    }),
  )
}

const analysis: CustomRule = (object) => {
  const pass = at(object, 'status', 'pass')
  if (pass === true) return verdict('Healthy', 'Analysis is healthy')
  if (at(object, 'status', 'warning') === true) return verdict('Healthy', 'Analysis is healthy with warnings')
  return pass === false
    ? verdict('Degraded', 'Analysis is degraded')
    : verdict('Progressing', 'Analysis is progressing')
}

const metric: CustomRule = (object) => {
  const failed = (at(object, 'status', 'errMsg') ?? '') !== ''
  if (failed) return verdict('Degraded', 'KeptnMetric is degraded')
  return at(object, 'status', 'value') === undefined
    ? verdict('Progressing', 'KeptnMetric is progressing')
    : verdict('Healthy', 'KeptnMetric is healthy')
}

const steps = ['KeptnAppVersion', 'KeptnTask', 'KeptnWorkloadInstance', 'KeptnWorkloadVersion']

/** Keptn. */
export const keptnRules: RuleTable = {
  ...Object.fromEntries(steps.map((kind) => [`lifecycle.keptn.sh/${kind}`, step(kind)])),
  'lifecycle.keptn.sh/KeptnEvaluation': step('KeptnEvaluation', 'overallStatus'),
  'metrics.keptn.sh/Analysis': needing(2, ['status', 'pass'], analysis),
  'metrics.keptn.sh/KeptnMetric': needing(2, ['status', 'errMsg'], metric),
}
