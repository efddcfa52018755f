import type { KubeObject } from '../../k8s/object.ts'
import { at, list } from '../health/fields.ts'
import type { ActionRule, ActionRules, Draft } from './action.ts'
import { mapAt, ownerOf, setting, stamp, withoutEmpty } from './draft.ts'
import { minuteStamp } from './workloads.ts'

const status = (object: KubeObject, ...path: string[]): unknown => at(object, 'status', ...path)
const isPromoted = (object: KubeObject): boolean => status(object, 'currentPodHash') === status(object, 'stableRS')
const isAborted = (object: KubeObject): boolean => status(object, 'abort') === true
const steps = (object: unknown): readonly unknown[] | undefined => {
  const found = at(object, 'spec', 'strategy', 'canary', 'steps')
  return Array.isArray(found) ? found : undefined
}

/** Controllers before 0.10 write a hash, which is no number, or a number from nowhere. */
function isOldController(object: unknown): boolean {
  const observed = Number(at(object, 'status', 'observedGeneration') ?? Number.NaN)
  return Number.isNaN(observed) || observed > Number(at(object, 'metadata', 'generation') ?? 0)
}

function isPaused(object: KubeObject): boolean {
  return status(object, 'pauseConditions') === undefined
    ? at(object, 'spec', 'paused') === true
    : list(object, 'status', 'pauseConditions').length > 0
}

function endPauses(draft: Draft): void {
  if (list(draft, 'status', 'pauseConditions').length > 0) delete mapAt(draft, 'status')['pauseConditions']
}

const rollout: ActionRules = {
  abort: setting(['status', 'abort'], true, { disabled: (object) => isPromoted(object) || isAborted(object) }),
  pause: setting(['spec', 'paused'], true, {
    disabled: (object) => isPromoted(object) || isAborted(object) || at(object, 'spec', 'paused') === true,
  }),
  'promote-full': {
    disabled: (object) =>
      isPromoted(object) || (isOldController(object) && at(object, 'spec', 'strategy', 'blueGreen') !== undefined),
    run(draft) {
      if (draft['status'] === undefined) return
      const state = mapAt(draft, 'status')
      if (!isOldController(draft)) {
        state['promoteFull'] = true
        return
      }
      delete state['abort']
      const all = steps(draft)
      if (all) state['currentStepIndex'] = all.length
    },
  },
  restart: {
    displayName: 'Restart Pods',
    run(draft, { now }) {
      mapAt(draft, 'spec')['restartAt'] = stamp(now())
    },
  },
  resume: {
    disabled: (object) => !isPaused(object),
    run(draft) {
      endPauses(draft)
      const spec = mapAt(draft, 'spec')
      if (spec['paused'] === true) spec['paused'] = false
    },
  },
  retry: {
    disabled: (object) => isPromoted(object) || !isAborted(object),
    run(draft) {
      if (draft['status'] !== undefined) delete mapAt(draft, 'status')['abort']
    },
  },
  'skip-current-step': {
    disabled: (object) => steps(object) === undefined || status(object, 'currentStepIndex') === steps(object)?.length,
    run(draft) {
      const index = at(draft, 'status', 'currentStepIndex')
      if (typeof index !== 'number' || index >= (steps(draft)?.length ?? 0)) return
      endPauses(draft)
      mapAt(draft, 'status')['currentStepIndex'] = index + 1
    },
  },
}

const ended = ['Successful', 'Failed', 'Error', 'Inconclusive']

/** Absent is on: only `enabled: false` switches an automated policy off. */
function isAutomated(object: unknown): boolean {
  const automated = at(object, 'spec', 'syncPolicy', 'automated')
  return automated !== undefined && automated !== null && at(automated, 'enabled') !== false
}

function createWorkflow(make: (draft: Draft, now: Date) => Record<string, unknown>): ActionRule {
  return {
    icon: 'fa fa-fw fa-plus',
    displayName: 'Create Workflow',
    run(draft, { now }) {
      const { metadata, ...rest } = make(draft, now()) as { metadata: object }
      return {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Workflow',
        metadata: {
          ...metadata,
          name: `${draft.metadata.name}-${minuteStamp(now())}`,
          ...(draft.metadata.namespace === undefined ? {} : { namespace: draft.metadata.namespace }),
          ownerReferences: [ownerOf(draft)],
        },
        ...rest,
      }
    },
  }
}

const instance = 'workflows.argoproj.io/controller-instanceid'

const fromTemplate = createWorkflow((draft) => ({
  metadata: { labels: { 'workflows.argoproj.io/workflow-template': draft.metadata.name } },
  spec: { workflowTemplateRef: { name: draft.metadata.name } },
}))

const fromCron = createWorkflow((draft, now) => {
  const wanted = (withoutEmpty(at(draft, 'spec', 'workflowMetadata')) ?? {}) as Record<string, object>
  const controller = at(draft, 'metadata', 'labels', instance)
  const spec = withoutEmpty(at(draft, 'spec', 'workflowSpec'))
  return {
    metadata: {
      labels: {
        ...wanted['labels'],
        'workflows.argoproj.io/cron-workflow': draft.metadata.name,
        ...(controller === undefined ? {} : { [instance]: controller }),
      },
      annotations: { ...wanted['annotations'], 'workflows.argoproj.io/scheduled-time': stamp(now) },
    },
    finalizers: wanted['finalizers'] ?? [],
    ...(spec === undefined ? {} : { spec }),
  }
})

/** Actions on Argo's own kinds. */
export const argoActions: Readonly<Record<string, ActionRules>> = {
  'argoproj.io/Rollout': rollout,
  'argoproj.io/AnalysisRun': {
    terminate: setting(['spec', 'terminate'], true, {
      disabled: (object) => at(object, 'spec', 'terminate') === true || ended.includes(String(status(object, 'phase'))),
    }),
  },
  'argoproj.io/Application': {
    'toggle-auto-sync': {
      displayName: (object) => (isAutomated(object) ? 'Disable Auto-Sync' : 'Enable Auto-Sync'),
      run(draft) {
        const enabled = isAutomated(draft)
        mapAt(draft, 'spec', 'syncPolicy', 'automated')['enabled'] = !enabled
      },
    },
  },
  'argoproj.io/WorkflowTemplate': { 'create-workflow': fromTemplate },
  'argoproj.io/CronWorkflow': { 'create-workflow': fromCron },
}
