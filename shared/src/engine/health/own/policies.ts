import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byOne, byWord, isOld, unobserved, waitingFor, type OwnRule, type OwnTable } from './rules.ts'

/** Gatekeeper: each of its pods tells what it made of a definition. */
function gatekeeper(isDone: (pod: unknown) => boolean, done: string): OwnRule {
  return (object) => {
    const pods = list(object, 'status', 'byPod')
    if (pods.some((pod) => isOld(pod, object))) return unobserved()
    const errors = pods.flatMap((pod) => list(pod, 'errors')).map((one) => text(one, 'message'))
    if (errors.length > 0) return verdict('Degraded', [...new Set(errors)].join('; '))
    return pods.length > 0 && pods.every((pod) => isDone(pod)) ? verdict('Healthy', done) : waitingFor(object)
  }
}

const enforced = gatekeeper((pod) => at(pod, 'enforced') === true, 'Enforced')
const template = gatekeeper(() => true, 'Created')

/** Kyverno's newer policies say it in a place of their own. */
const kyvernoPolicy: OwnRule = (object) => {
  const ready = at(object, 'status', 'conditionStatus', 'ready')
  if (ready === true) return verdict('Healthy', text(object, 'status', 'conditionStatus', 'message'))
  return ready === undefined
    ? undefined
    : verdict('Progressing', text(object, 'status', 'conditionStatus', 'message') || 'Policy is not ready')
}

/** Older versions of Kyverno only say whether a policy is ready. */
const clusterPolicy: OwnRule = (object) =>
  byOne({ silent: true })(object) ??
  (at(object, 'status', 'ready') === true ? verdict('Healthy', 'Ready') : waitingFor(object))

const kubewarden = byWord({ at: ['status', 'policyStatus'], healthy: ['active'] })

const kubewardenKinds = [
  'AdmissionPolicy',
  'AdmissionPolicyGroup',
  'ClusterAdmissionPolicy',
  'ClusterAdmissionPolicyGroup',
]

/** Policies of admission. */
export const policyRules: OwnTable = {
  'templates.gatekeeper.sh/ConstraintTemplate': (object) =>
    at(object, 'status', 'created') === true || list(object, 'status', 'byPod').length > 0
      ? template(object)
      : waitingFor(object),
  'constraints.gatekeeper.sh/*': enforced,
  'mutations.gatekeeper.sh/*': enforced,
  'kyverno.io/ClusterPolicy': clusterPolicy,
  'kyverno.io/CleanupPolicy': byOne({ silent: true }),
  'kyverno.io/ClusterCleanupPolicy': byOne({ silent: true }),
  'policies.kyverno.io/*': kyvernoPolicy,
  ...Object.fromEntries(kubewardenKinds.map((kind) => [`policies.kubewarden.io/${kind}`, kubewarden])),
}
