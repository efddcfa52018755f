import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, byPhase, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'

const waiting = 'Waiting for status to be reported'

const cassandra: CustomRule = (object) => {
  const racks = at(object, 'status', 'racks')
  const progressing = verdict('Progressing', 'Waiting for Cassandra Cluster')
  if (racks === undefined) return progressing
  const complete = Object.values(racks ?? {}).every((rack: unknown) => {
    const [members, ready] = [at(rack, 'members'), at(rack, 'readyMembers')]
    return members === undefined || ready === undefined || members === ready
  })
  return complete ? verdict('Healthy') : progressing
}

const storePhase = byPhase({
  at: ['status', 'phase'],
  phases: {
    Ready: ['Healthy', (phase) => `Ceph object store phase is ${phase}`],
    Failure: ['Degraded', (phase) => `Ceph object store phase is ${phase}`],
  },
  other: ['Progressing', (phase) => `Ceph object store phase is ${phase}`],
  none: ['Progressing', waiting],
})

const objectStore: CustomRule = (object) => {
  const { status, message = '' } = storePhase(object) ?? verdict('Progressing', waiting)
  const endpoint = text(object, 'status', 'info', 'endpoint')
  return verdict(status, endpoint === '' ? message : `${message} - endpoint: ${endpoint}`)
}

const claim = byPhase({
  at: ['status', 'phase'],
  phases: { Bound: ['Healthy', phaseOfClaim], Failed: ['Degraded', phaseOfClaim] },
  other: ['Progressing', phaseOfClaim],
  none: ['Progressing', 'Waiting for phase to be reported'],
})

function phaseOfClaim(phase: string): string {
  return `Object bucket claim phase is ${phase}`
}

/** The worst of what is true; each condition's last word counts. */
const openShiftStorage: CustomRule = (object) => {
  const last = (type: string) =>
    conditionsAt(object).findLast((one) => one['type'] === type && one['status'] === 'True')
  const [degraded, progressing, available] = [last('Degraded'), last('Progressing'), last('Available')]
  if (degraded) return verdict('Degraded', asText(degraded['message']))
  if (progressing) return verdict('Progressing', asText(progressing['message']))
  return available
    ? verdict('Healthy', asText(available['message']))
    : verdict('Unknown', 'StorageCluster is in an unknown state.')
}

/** Storage operators. */
export const storageRules: RuleTable = {
  'cassandra.rook.io/Cluster': cassandra,
  'ceph.rook.io/CephObjectStore': objectStore,
  'objectbucket.io/ObjectBucketClaim': (object) =>
    at(object, 'status') === undefined ? verdict('Progressing', waiting) : claim(object),
  'ocs.openshift.io/StorageCluster': openShiftStorage,
  'operator.openshift.io/IngressController': byConditions({
    passes: [
      [
        when('Degraded', 'True', 'Degraded'),
        when('DeploymentReplicasAllAvailable', 'False', 'Progressing'),
        when('Progressing', 'True', 'Progressing', (one) => one['reason']),
        when('Available', 'True', 'Healthy', 'IngressController is available'),
      ],
    ],
    waiting: 'Status of IngressController is not known yet',
  }),
}
