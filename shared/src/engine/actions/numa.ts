import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { needAt } from '../health/custom/strict.ts'
import { at, list } from '../health/fields.ts'
import type { ActionRule, ActionRules, Draft } from './action.ts'
import { annotating, mapAt, needs } from './draft.ts'

const pauseIcon = 'fa-solid fa-fw fa-pause'
const playIcon = 'fa-solid fa-fw fa-play'
const label = (object: KubeObject, name: string): string | undefined => object.metadata.labels?.[name]
const upgradeState = (object: KubeObject): string => label(object, 'numaplane.numaproj.io/upgrade-state') ?? ''

const forced = 'numaplane.numaproj.io/force-promote'

/** Ends the trial of what Numaplane rolls out step by step. */
const forcePromote: ActionRule = {
  icon: 'fa-solid fa-fw fa-forward',
  displayName: 'Force Promote',
  disabled: (object) =>
    (upgradeState(object) !== 'in-progress' && upgradeState(object) !== 'trial') || label(object, forced) === 'true',
  run(draft) {
    mapAt(draft, 'metadata', 'labels')[forced] = 'true'
  },
}

/** Something that can be paused, and resumed at once or step by step. */
interface Pausable {
  /** Where its specification stands. */
  readonly spec: readonly string[]
  /** Where the annotations stand that say how it may be resumed. */
  readonly metadata: readonly string[]
  readonly allowed?: (object: KubeObject) => boolean
  readonly resume: (draft: Draft, fast: boolean) => void
}

function pausing({ spec, metadata, allowed = () => true, resume }: Pausable): ActionRules {
  const phase = [...spec, 'lifecycle', 'desiredPhase']
  const isPaused = (object: KubeObject): boolean => at(object, ...phase) === 'Paused'
  const ways = (object: KubeObject): unknown =>
    at(object, ...metadata, 'annotations', 'numaflow.numaproj.io/allowed-resume-strategies')
  const mayResume = (object: KubeObject, fast: boolean): boolean => {
    if (!allowed(object) || !isPaused(object)) return false
    if (ways(object) === 'slow, fast') return true
    return (ways(object) === 'fast') === fast
  }
  const unpause = (fast: boolean): ActionRule => ({
    icon: playIcon,
    displayName: `Unpause (${fast ? 'fast' : 'gradual'})`,
    disabled: (object) => !mayResume(object, fast),
    run(draft) {
      needAt(1, draft, ...phase)
      mapAt(draft, ...spec, 'lifecycle')['desiredPhase'] = 'Running'
      resume(draft, fast)
    },
  })
  return {
    pause: {
      icon: pauseIcon,
      disabled: (object) => !allowed(object) || isPaused(object),
      run(draft) {
        needAt(1, draft, ...spec, 'lifecycle')
        mapAt(draft, ...spec, 'lifecycle')['desiredPhase'] = 'Paused'
      },
    },
    'unpause-gradual': unpause(false),
    'unpause-fast': unpause(true),
  }
}

/** What Numaplane owns is paused there, or it would be set back. */
const isOwnedBy = (object: KubeObject, kind: string): boolean =>
  list(object, 'metadata', 'ownerReferences').some((one) => at(one, 'kind') === kind)

const isRecyclable = (object: KubeObject): boolean => /^recyclable(-expired)?$/.test(upgradeState(object))

function bySettings(draft: Draft, fast: boolean): void {
  mapAt(draft, 'spec', 'strategy', 'pauseResume')['fastResume'] = fast
}

const losing = 'numaplane.numaproj.io/allow-data-loss'

const pipeline: ActionRules = {
  ...pausing({
    spec: ['spec'],
    metadata: ['spec', 'metadata'],
    allowed: (object) => !isOwnedBy(object, 'PipelineRollout') || upgradeState(object) === 'recyclable-expired',
    resume(draft, fast) {
      mapAt(draft, 'metadata', 'annotations')['numaflow.numaproj.io/resume-strategy'] = fast ? 'fast' : 'slow'
    },
  }),
  'force-promote': forcePromote,
  delete: annotating('numaplane.numaproj.io/marked-for-deletion', 'true', {
    icon: 'fa-solid fa-fw fa-trash',
    displayName: 'Delete',
    disabled: (object) => !isRecyclable(object),
  }),
}

/** Actions on Numaflow and Numaplane. */
export const numaActions: Readonly<Record<string, ActionRules>> = dictionary({
  'numaflow.numaproj.io/InterStepBufferService': {
    'force-promote': {
      run: forcePromote.run,
      icon: 'fa-solid fa-fw fa-forward',
      ...(forcePromote.disabled ? { disabled: forcePromote.disabled } : {}),
    },
  },
  'numaflow.numaproj.io/MonoVertex': {
    ...pausing({
      spec: ['spec'],
      metadata: ['spec', 'metadata'],
      allowed: (object) => !isOwnedBy(object, 'MonoVertexRollout'),
      // Step by step, it starts from what the autoscaler thinks right.
      resume(draft, fast) {
        if (!fast) delete mapAt(draft, 'spec')['replicas']
      },
    }),
    'force-promote': forcePromote,
  },
  'numaflow.numaproj.io/Pipeline': pipeline,
  'numaplane.numaproj.io/MonoVertexRollout': pausing({
    spec: ['spec', 'monoVertex', 'spec'],
    metadata: ['spec', 'monoVertex', 'metadata'],
    resume: bySettings,
  }),
  'numaplane.numaproj.io/PipelineRollout': {
    ...pausing({ spec: ['spec', 'pipeline', 'spec'], metadata: ['spec', 'pipeline', 'metadata'], resume: bySettings }),
    'allow-data-loss': annotating(losing, 'true', {
      icon: 'fa-solid fa-fw fa-unlock',
      displayName: 'Allow (Possible) Data Loss',
      disabled: (object) => at(object, 'status', 'upgradeInProgress') !== 'PipelinePauseAndDrain',
    }),
    'disallow-data-loss': annotating(losing, 'false', {
      icon: 'fa-solid fa-fw fa-lock',
      displayName: 'Disallow Data Loss',
      disabled: (object) => object.metadata.annotations?.[losing] !== 'true',
    }),
  },
})

/** What must be there before anything is offered. */
export const numaChecks: Readonly<Record<string, (object: KubeObject) => void>> = dictionary({
  'numaflow.numaproj.io/MonoVertex'(object) {
    if (!isOwnedBy(object, 'MonoVertexRollout')) needAt(39, object, 'spec', 'lifecycle')
  },
  'numaflow.numaproj.io/Pipeline'(object) {
    if (!isOwnedBy(object, 'PipelineRollout') || upgradeState(object) === 'recyclable-expired')
      needAt(56, object, 'spec', 'lifecycle')
  },
  'numaplane.numaproj.io/MonoVertexRollout': needs([19, 'spec', 'monoVertex', 'spec', 'lifecycle']),
  'numaplane.numaproj.io/PipelineRollout': needs([29, 'spec', 'pipeline', 'spec', 'lifecycle']),
})
