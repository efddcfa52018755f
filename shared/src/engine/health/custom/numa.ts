import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, type Condition, type CustomRule, type RuleTable } from './rules.ts'

const progressive = 'numaplane.numaproj.io/progressive-result-state'

interface Flow {
  readonly kind: string
  /** What is said where a condition is false; absent: the last such condition's message. */
  readonly unhealthy?: string
  /** Numaplane marks what failed to take over from its forerunner. */
  readonly marked: boolean
  readonly pausable: boolean
}

/** Numaflow's own kinds: by phase, once the newest generation is seen, and no condition is false. */
function flow({ kind, unhealthy, marked, pausable }: Flow): CustomRule {
  return (object) => {
    const waiting = verdict('Progressing', `Waiting for ${kind} status`)
    const status = at(object, 'status')
    if (status === undefined || object.metadata.generation !== at(status, 'observedGeneration')) return waiting
    const phase = text(status, 'phase')
    if (phase === 'Failed') return verdict('Degraded', text(status, 'message'))
    if (marked && object.metadata.labels?.[progressive] === 'failed')
      return verdict('Degraded', 'Failed progressive upgrade')
    const bad = conditionsAt(object).findLast((one) => one['status'] === 'False')
    if (bad) return verdict('Degraded', unhealthy ?? asText(bad['message']))
    if (phase === 'Paused' && pausable) return verdict('Healthy', `${kind} is paused`)
    return phase === 'Running' ? verdict('Healthy', `${kind} is healthy`) : waiting
  }
}

const children = 'ChildResourcesHealthy'
const isTakeoverFailed = (one: Condition): boolean =>
  one['type'] === 'ProgressiveUpgradeSucceeded' && one['status'] === 'False'

interface Rollout {
  /** The reason for which children are unhealthy for good; absent: any but being on their way. */
  readonly failed?: string
  /** The condition of a pause, which is health. */
  readonly paused?: string
  readonly unknown: string
}

/** Numaplane, which rolls out what Numaflow runs. */
function rollout(rule: Rollout): CustomRule {
  return (object) => {
    const all = conditionsAt(object)
    if (at(object, 'status') === undefined || object.metadata.generation !== at(object, 'status', 'observedGeneration'))
      return verdict('Progressing', 'Not yet reconciled')
    const phase = text(object, 'status', 'phase')
    const moving = (at(object, 'status', 'upgradeInProgress') ?? '') !== '' || phase === 'Pending'
    // A takeover that failed is told below, and matters more than that it is still going on.
    if (moving && !(rule.failed !== undefined && all.some(isTakeoverFailed)))
      return verdict('Progressing', 'Update in progress')
    if (all.some((one) => isUnhealthy(one) && one['reason'] === 'Progressing'))
      return verdict('Progressing', 'Child Progressing')
    return degraded(object, phase, rule) ?? settled(all, rule.paused) ?? verdict('Unknown', rule.unknown)
  }
}

const isUnhealthy = (one: Condition): boolean => one['type'] === children && one['status'] === 'False'

function degraded(object: KubeObject, phase: string, { failed }: Rollout): HealthStatus | undefined {
  if (phase === 'Failed') return verdict('Degraded', text(object, 'status', 'message'))
  for (const one of conditionsAt(object)) {
    if (isUnhealthy(one) && (failed === undefined || one['reason'] === failed))
      return verdict('Degraded', asText(one['message']))
    if (failed !== undefined && isTakeoverFailed(one)) return verdict('Degraded', 'Progressive upgrade failed')
  }
  return undefined
}

function settled(all: readonly Condition[], paused: string | undefined): HealthStatus | undefined {
  const pause = paused === undefined ? undefined : all.find((one) => one['type'] === paused && one['status'] === 'True')
  if (pause) return verdict('Healthy', asText(pause['message']))
  return all.some((one) => one['type'] === children && one['status'] === 'True')
    ? verdict('Healthy', 'Healthy')
    : undefined
}

/** Numaflow and Numaplane. */
export const numaRules: RuleTable = {
  'numaflow.numaproj.io/InterStepBufferService': flow({
    kind: 'InterStepBufferService',
    marked: true,
    pausable: false,
  }),
  'numaflow.numaproj.io/MonoVertex': flow({
    kind: 'MonoVertex',
    unhealthy: 'Subresources are unhealthy',
    marked: true,
    pausable: true,
  }),
  'numaflow.numaproj.io/Vertex': flow({ kind: 'Vertex', marked: false, pausable: true }),
  'numaplane.numaproj.io/ISBServiceRollout': rollout({ failed: 'ISBSvcFailed', unknown: 'Unknown status' }),
  'numaplane.numaproj.io/MonoVertexRollout': rollout({
    failed: 'MonoVertexFailed',
    paused: 'MonoVertexPausingOrPaused',
    unknown: 'Unknown MonoVertex status',
  }),
  'numaplane.numaproj.io/NumaflowControllerRollout': rollout({ unknown: 'Unknown status' }),
  'numaplane.numaproj.io/PipelineRollout': rollout({
    failed: 'PipelineFailed',
    paused: 'PipelinePausingOrPaused',
    unknown: 'Unknown Pipeline status',
  }),
}
