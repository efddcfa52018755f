import { dictionary } from '../../lang/dictionary.ts'
import { at, list } from '../health/fields.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { ActionRule, ActionRules } from './action.ts'
import { mapAt, needs, ownerOf, restart, resuming, scale, setting, stamp, withoutEmpty } from './draft.ts'
import { needAt } from '../health/custom/strict.ts'

const isPaused = (object: KubeObject): boolean => at(object, 'spec', 'paused') === true
const isSuspended = (object: KubeObject): boolean => at(object, 'spec', 'suspend') === true

const ended = new Set(['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'])

function hasEnded(object: unknown): boolean {
  return list(object, 'status', 'conditions').some(
    (one) => ended.has(String(at(one, 'type'))) && at(one, 'status') === 'True',
  )
}

const createJob: ActionRule = {
  icon: 'fa fa-fw fa-plus',
  displayName: 'Create Job',
  run(draft, { now }) {
    needAt(35, draft, 'spec', 'jobTemplate', 'metadata')
    const template = (withoutEmpty(at(draft, 'spec', 'jobTemplate')) ?? {}) as Record<string, unknown>
    const metadata = (template['metadata'] ?? {}) as Record<string, unknown>
    const owner = { ...ownerOf(draft), blockOwnerDeletion: true, controller: true }
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        ...metadata,
        name: `${draft.metadata.name}-${minuteStamp(now()).slice(2)}`,
        ...(draft.metadata.namespace === undefined ? {} : { namespace: draft.metadata.namespace }),
        annotations: {
          ...(metadata['annotations'] as object | undefined),
          'cronjob.kubernetes.io/instantiate': 'manual',
        },
        ownerReferences: [owner],
      },
      ...(template['spec'] === undefined ? {} : { spec: template['spec'] }),
    }
  },
}

/** `202601020304`: what tells created objects apart. */
export function minuteStamp(now: Date): string {
  return now.toISOString().slice(0, 16).replace(/[-T:]/g, '')
}

const terminate: ActionRule = {
  icon: 'fa fa-fw fa-stop',
  offered: (object) => !hasEnded(object) && at(object, 'status') !== undefined,
  run(draft, { now }) {
    if (hasEnded(draft) || draft['status'] === undefined) return
    mapAt(draft, 'status')['conditions'] = [
      ...list(draft, 'status', 'conditions'),
      {
        lastTransitionTime: stamp(now()),
        message: 'Job was terminated explicitly through Argo CD',
        reason: 'ManuallyTerminated',
        status: 'True',
        type: 'FailureTarget',
      },
    ]
  },
}

const pauseIcon = 'fa fa-fw fa-pause'
const playIcon = 'fa fa-fw fa-play'

/** Actions on Kubernetes' own workloads. */
export const workloadActions: Readonly<Record<string, ActionRules>> = dictionary({
  'apps/Deployment': {
    pause: setting(['spec', 'paused'], true, { icon: 'fa fa-fw fa-pause-circle', disabled: isPaused }),
    restart,
    resume: {
      icon: 'fa fa-fw fa-play-circle',
      disabled: (object) => !isPaused(object),
      run(draft) {
        needAt(1, draft, 'spec', 'paused')
        delete mapAt(draft, 'spec')['paused']
      },
    },
    scale,
  },
  'apps/StatefulSet': { restart, scale },
  'apps/DaemonSet': { restart },
  'batch/CronJob': {
    'create-job': createJob,
    suspend: setting(['spec', 'suspend'], true, { icon: pauseIcon, offered: (object) => !isSuspended(object) }),
    resume: resuming('suspend', { icon: playIcon, offered: isSuspended }),
  },
  'batch/Job': {
    suspend: setting(['spec', 'suspend'], true, {
      icon: pauseIcon,
      offered: (object) => !hasEnded(object) && !isSuspended(object),
    }),
    resume: resuming('suspend', { icon: playIcon, offered: (object) => !hasEnded(object) && isSuspended(object) }),
    terminate,
  },
})

/** What must be there before anything is offered. */
export const workloadChecks: Readonly<Record<string, (object: KubeObject) => void>> = dictionary({
  'apps/Deployment': needs([8, 'spec', 'paused']),
  'batch/CronJob': needs([4, 'spec', 'suspend']),
  'batch/Job'(object) {
    if (!hasEnded(object)) needAt(20, object, 'spec', 'suspend')
  },
})
