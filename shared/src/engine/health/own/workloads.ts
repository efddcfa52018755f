import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import {
  byCount,
  byEnd,
  byOne,
  byTrue,
  ifTrue,
  byWord,
  firstOf,
  number,
  unless,
  waitingFor,
  type OwnRule,
  type OwnTable,
} from './rules.ts'

/** A job that a training operator runs: the end counts, whatever came before it. */
const training = byEnd({ good: ['Succeeded'], bad: ['Failed'] }, ['spec', 'runPolicy', 'suspend'])

const kueueQueue: OwnRule = (object) => {
  const policy = text(object, 'spec', 'stopPolicy')
  return policy === 'Hold' || policy === 'HoldAndDrain'
    ? verdict('Suspended', `Admission is stopped: ${policy}`)
    : byOne({ type: 'Active' })(object)
}

/** Kueue ends with `Finished`, and says by its reason how. */
const kueueWorkload: OwnRule = (object) => {
  if (at(object, 'spec', 'active') === false) return verdict('Suspended', 'Workload is not active')
  const ended = ifTrue(['Finished', 'Healthy'])(object)
  const reason = finishedReason(object)
  if (ended?.status === 'Healthy') return /fail/i.test(reason) ? verdict('Degraded', ended.message) : ended
  return byEnd({ good: [], bad: [] })(object)
}

function finishedReason(object: unknown): string {
  const all = at(object, 'status', 'conditions')
  const found: unknown = Array.isArray(all) ? all.find((one: unknown) => at(one, 'type') === 'Finished') : undefined
  return text(found, 'reason')
}

const notebook: OwnRule = (object) =>
  object.metadata.annotations?.['kubeflow-resource-stopped'] === undefined
    ? byCount(() => 1, ['status', 'readyReplicas'])(object)
    : verdict('Suspended', 'Notebook is stopped')

const rayJob: OwnRule = (object) => {
  if (text(object, 'status', 'jobStatus') === 'FAILED')
    return verdict('Degraded', text(object, 'status', 'message') || 'The job failed')
  return byWord({
    at: ['status', 'jobDeploymentStatus'],
    healthy: ['Complete'],
    degraded: ['Failed', 'ValidationFailed'],
    suspended: ['Suspended', 'Suspending'],
    why: [['status', 'message']],
  })(object)
}

const rayService = firstOf(byOne({ silent: true }), byWord({ at: ['status', 'serviceStatus'], healthy: ['Running'] }))

const volcanoJob = byWord({
  at: ['status', 'state', 'phase'],
  healthy: ['Completed', 'Running'],
  degraded: ['Failed', 'Terminated'],
  suspended: ['Aborted', 'Aborting'],
  why: [['status', 'state', 'message']],
})

/** What runs until told otherwise has to be ready, in as many copies as are wanted. */
const copies: OwnRule = byCount((object) => number(at(object, 'spec', 'replicas')) ?? 1, ['status', 'readyReplicas'])

/** A vertical autoscaler that nobody needs yet is as it should be; one whose target it cannot serve is not. */
const verticalAutoscaler: OwnRule = (object) => {
  const bad = ifTrue(['ConfigUnsupported', 'Degraded'])(object)
  if (bad) return bad
  return at(object, 'status', 'conditions') === undefined ? waitingFor(object) : verdict('Healthy')
}

const trainingKinds = ['JAXJob', 'MPIJob', 'MXJob', 'PaddleJob', 'PyTorchJob', 'TFJob', 'XGBoostJob']

/** Jobs, queues, training and serving of models. */
export const workloadRules: OwnTable = {
  'jobset.x-k8s.io/JobSet': byEnd({ good: ['Completed'], bad: ['Failed'] }),
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': byTrue(
    ['UpdateInProgress', 'Progressing'],
    ['Available', 'Healthy'],
    ['Progressing', 'Progressing'],
  ),
  'kueue.x-k8s.io/ClusterQueue': kueueQueue,
  'kueue.x-k8s.io/LocalQueue': kueueQueue,
  'kueue.x-k8s.io/AdmissionCheck': byOne({ type: 'Active' }),
  'kueue.x-k8s.io/MultiKueueCluster': byOne({ type: 'Active' }),
  'kueue.x-k8s.io/Workload': kueueWorkload,
  ...Object.fromEntries(trainingKinds.map((kind) => [`kubeflow.org/${kind}`, training])),
  'kubeflow.org/Experiment': byEnd({ good: ['Succeeded'], bad: ['Failed'] }),
  'kubeflow.org/Trial': byEnd({ good: ['Succeeded', 'EarlyStopped'], bad: ['Failed'] }),
  'kubeflow.org/Notebook': notebook,
  'trainer.kubeflow.org/TrainJob': byEnd({ good: ['Complete'], bad: ['Failed'] }),
  'ray.io/RayCluster': unless(
    ['spec', 'suspend'],
    'RayCluster is suspended',
    byWord({
      at: ['status', 'state'],
      healthy: ['ready'],
      degraded: ['failed'],
      suspended: ['suspended'],
      why: [['status', 'reason']],
    }),
  ),
  'ray.io/RayJob': rayJob,
  'ray.io/RayService': rayService,
  'batch.volcano.sh/Job': volcanoJob,
  'scheduling.volcano.sh/Queue': byWord({
    at: ['status', 'state'],
    healthy: ['Open'],
    suspended: ['Closed', 'Closing'],
    silent: true,
  }),
  'autoscaling.k8s.io/VerticalPodAutoscaler': verticalAutoscaler,
  'http.keda.sh/HTTPScaledObject': byOne(),
  'actions.summerwind.dev/RunnerDeployment': byCount(
    (object) => number(at(object, 'status', 'desiredReplicas')) ?? number(at(object, 'spec', 'replicas')) ?? 1,
    ['status', 'availableReplicas'],
  ),
  'cluster.x-k8s.io/MachineSet': copies,
}
