import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { at, list } from '../health/fields.ts'
import type { ActionRule, ActionRules, Draft } from './action.ts'
import { mapAt, ownerOf, setting, stamp, withoutEmpty } from './draft.ts'
import { minuteStamp } from './workloads.ts'
import { isLess, need, needAt, numeric, plus } from '../health/custom/strict.ts'

const status = (object: KubeObject, ...path: string[]): unknown => at(object, 'status', ...path)
const isPromoted = (object: KubeObject): boolean => status(object, 'currentPodHash') === status(object, 'stableRS')
const isAborted = (object: KubeObject): boolean => status(object, 'abort') === true
const steps = (object: unknown): readonly unknown[] | undefined => {
  const found = at(object, 'spec', 'strategy', 'canary', 'steps')
  return Array.isArray(found) ? found : undefined
}

/** Controllers before 0.10 write a hash, which is no number, or a number from nowhere. */
function isOldController(object: unknown, line: number): boolean {
  const observed = numeric(at(object, 'status', 'observedGeneration'))
  return observed === undefined || isLess(line, at(object, 'metadata', 'generation'), observed)
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
      isPromoted(object) || (isOldController(object, 23) && at(object, 'spec', 'strategy', 'blueGreen') !== undefined),
    run(draft) {
      if (draft['status'] === undefined) return
      const state = mapAt(draft, 'status')
      if (!isOldController(draft, 3)) {
        state['promoteFull'] = true
        return
      }
      delete state['abort']
      needAt(6, draft, 'spec', 'strategy', 'canary', 'steps')
      const all = steps(draft)
      if (all) state['currentStepIndex'] = all.length
    },
  },
  restart: {
    displayName: 'Restart Pods',
    run(draft, { now }) {
      needAt(2, draft, 'spec', 'restartAt')
      mapAt(draft, 'spec')['restartAt'] = stamp(now())
    },
  },
  resume: {
    disabled: (object) => !isPaused(object),
    run(draft) {
      needAt(1, draft, 'status', 'pauseConditions')
      endPauses(draft)
      needAt(5, draft, 'spec', 'paused')
      const spec = mapAt(draft, 'spec')
      if (spec['paused'] === true) spec['paused'] = false
    },
  },
  retry: {
    disabled: (object) => isPromoted(object) || !isAborted(object),
    run(draft) {
      needAt(1, draft, 'status', 'abort')
      delete mapAt(draft, 'status')['abort']
    },
  },
  'skip-current-step': {
    disabled: (object) => steps(object) === undefined || status(object, 'currentStepIndex') === steps(object)?.length,
    run(draft) {
      if (draft['status'] === undefined) return
      needAt(2, draft, 'spec', 'strategy', 'canary')
      const all = steps(draft)
      const index = at(draft, 'status', 'currentStepIndex')
      if (!all || !isLess(2, index, all.length)) return
      endPauses(draft)
      mapAt(draft, 'status')['currentStepIndex'] = plus(6, index, 1)
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

const scheduled = 'workflows.argoproj.io/scheduled-time'
const byCron = 'workflows.argoproj.io/cron-workflow'

const fromCron = createWorkflow((draft, now) => {
  const template = needAt(44, draft, 'spec', 'workflowMetadata')
  // A map that is there but empty is lost on the way, and then nothing can be added to it.
  for (const [line, field, key] of [
    [52, 'labels', byCron],
    [56, 'annotations', scheduled],
  ] as const) {
    const given = at(template, field)
    if (given !== undefined && withoutEmpty(given) === undefined) need(line, undefined, key)
  }
  const wanted = (withoutEmpty(at(draft, 'spec', 'workflowMetadata')) ?? {}) as Record<string, object>
  const controller = at(draft, 'metadata', 'labels', instance)
  const spec = withoutEmpty(at(draft, 'spec', 'workflowSpec'))
  return {
    metadata: {
      labels: {
        ...wanted['labels'],
        [byCron]: draft.metadata.name,
        ...(controller === undefined ? {} : { [instance]: controller }),
      },
      annotations: { ...wanted['annotations'], [scheduled]: stamp(now) },
    },
    finalizers: wanted['finalizers'] ?? [],
    ...(spec === undefined ? {} : { spec }),
  }
})

/** Actions on Argo's own kinds. */
export const argoActions: Readonly<Record<string, ActionRules>> = dictionary({
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
})

const isOver = (object: KubeObject): boolean => isPromoted(object) || isAborted(object)

/** What must be there before anything is offered. */
export const argoChecks: Readonly<Record<string, (object: KubeObject) => void>> = dictionary({
  'argoproj.io/Rollout'(object) {
    if (status(object, 'pauseConditions') === undefined) needAt(10, object, 'spec', 'paused')
    needAt(15, object, 'status', 'currentPodHash')
    if (!isOver(object)) needAt(18, object, 'spec', 'paused')
    if (!isPromoted(object) && isOldController(object, 23)) needAt(25, object, 'spec', 'strategy', 'blueGreen')
    needAt(32, object, 'spec', 'strategy', 'canary')
  },
  'argoproj.io/AnalysisRun'(object) {
    if (needAt(2, object, 'spec', 'terminate') !== true) needAt(3, object, 'status', 'phase')
  },
})
