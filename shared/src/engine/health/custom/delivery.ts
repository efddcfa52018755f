import type { HealthStatusCode } from '../../../argo/application.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { rolloutHealth } from './rollout.ts'
import { asText, byConditions, byPhase, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { isLess, join, needList } from './strict.ts'

/** The message of the status, else a text of ours. */
const own = (words: string) => (_: string, object: unknown) => at(object, 'status', 'message') ?? words

/** A phase that is not known says nothing at all, as in Argo CD: an empty verdict counts as none. */
function runs(waiting: string, phases: Parameters<typeof byPhase>[0]['phases']): CustomRule {
  const rule = byPhase({ at: ['status', 'phase'], phases, none: ['' as HealthStatusCode] })
  return (object) => (at(object, 'status') === undefined ? verdict('Progressing', waiting) : rule(object))
}

const canaryPhases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  Failed: 'Degraded',
  Progressing: 'Progressing',
  Finalising: 'Progressing',
  Promoting: 'Progressing',
  Succeeded: 'Healthy',
  Initialized: 'Healthy',
})

const separator = ' --- '

const canary: CustomRule = (object) => {
  if (at(object, 'status') === undefined) return verdict('Unknown', 'No status')
  const phase = at(object, 'status', 'phase')
  const weight = at(object, 'status', 'canaryWeight')
  let words = isLess(5, 0, weight === undefined ? undefined : Number(weight))
    ? `Canary Weight: ${asText(weight)} %`
    : ''
  for (const condition of needList(8, at(object, 'status', 'conditions'))) {
    words = join(12, words === '' ? '' : `${words}${separator}`, at(condition, 'message'))
  }
  return verdict(canaryPhases[asText(phase)] ?? 'Unknown', join(26, phase, separator, words))
}

const stack: CustomRule = (object) => {
  if (at(object, 'status', 'observedGeneration') !== object.metadata.generation || at(object, 'status') === undefined) {
    return verdict('Progressing', 'Waiting for the operator to observe the latest spec change')
  }
  return stackByConditions(object)
}
const stackByConditions = byConditions({
  passes: [
    [when('Stalled', 'True', 'Degraded'), when('Reconciling', 'True', 'Progressing'), when('Ready', 'True', 'Healthy')],
  ],
  waiting: 'Waiting for the stack to be reconciled',
})

const pipeline: CustomRule = (object) => {
  if (at(object, 'status', 'observedGeneration') !== object.metadata.generation) {
    return verdict('Progressing', 'Waiting for Pipeline status')
  }
  const phase = text(object, 'status', 'phase')
  const failed = object.metadata.labels?.['numaplane.numaproj.io/progressive-result-state'] === 'failed'
  if (phase === 'Failed') return verdict('Degraded', text(object, 'status', 'message'))
  if (failed) return verdict('Degraded', 'Failed progressive upgrade')
  if (conditionsAt(object).some((one) => one['status'] === 'False')) {
    return verdict('Degraded', 'Subresources are unhealthy')
  }
  if (phase === 'Paused' || phase === 'Pausing') return verdict('Healthy', 'Pipeline is paused')
  if (phase === 'Running') return verdict('Healthy', 'Pipeline is healthy')
  return verdict('Progressing', 'Waiting for Pipeline status')
}

const says = (one: Readonly<Record<string, unknown>>): string => asText(one['message'] ?? one['reason'])

/** Argo's own kinds and what else rolls things out. */
export const deliveryRules: RuleTable = {
  'argoproj.io/Rollout': rolloutHealth,
  'argoproj.io/AnalysisRun': runs('Waiting for analysis run to finish: status has not been reconciled.', {
    Pending: ['Progressing', 'Analysis run is running'],
    Running: ['Progressing', 'Analysis run is running'],
    Successful: ['Healthy', own('Analysis run completed successfully')],
    Failed: ['Degraded', own('Analysis run failed')],
    Error: ['Degraded', own('Analysis run had an error')],
    Inconclusive: ['Unknown', own('Analysis run was inconclusive')],
  }),
  'argoproj.io/Experiment': runs('Waiting for experiment to finish: status has not been reconciled.', {
    Pending: ['Progressing', 'Experiment is pending'],
    Running: ['Progressing', 'Experiment is running'],
    Successful: ['Healthy', 'Experiment is successful'],
    Failed: ['Degraded', 'Experiment has failed'],
    Error: ['Degraded', 'Experiment had an error'],
  }),
  'argoproj.io/ApplicationSet': byConditions({
    passes: [
      [when('ErrorOccurred', 'True', 'Degraded')],
      [when('ResourcesUpToDate', 'False', 'Degraded')],
      [when('RolloutProgressing', 'True', 'Progressing')],
      [when('ResourcesUpToDate', 'True', 'Healthy')],
    ],
    waiting: 'Waiting for the status to be reported',
  }),
  'argoproj.io/CronWorkflow': byConditions({
    passes: [[when(['SpecError', 'SubmissionError'], 'True', 'Degraded'), when('Completed', 'True', 'Healthy')]],
    waiting: 'CronWorkflow is healthy.',
    otherwise: 'Healthy',
  }),
  'argoproj.io/EventBus': byConditions({
    passes: [[when('Deployed', 'False', 'Degraded', says), when('Deployed', 'True', 'Healthy', says)]],
    waiting: 'Waiting for initialization',
  }),
  'flagger.app/Canary': canary,
  'pulumi.com/Stack': stack,
  'numaflow.numaproj.io/Pipeline': pipeline,
}
