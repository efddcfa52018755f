import { verdict } from '../verdict.ts'
import { conditionsAt } from '../custom/rules.ts'
import { at, list } from '../fields.ts'
import { byCount, byOne, byTrue, waitingFor, type OwnRule, type OwnTable } from './rules.ts'

const paused = 'ReconciliationPaused'

/** Strimzi has a condition for failure beside the one for success, and one for what it leaves alone. */
const strimzi = byTrue([paused, 'Suspended'], ['NotReady', 'Degraded'], ['Ready', 'Healthy'])

/** A proposal waits for a person to approve it. */
const rebalance = byTrue(
  [paused, 'Suspended'],
  ['NotReady', 'Degraded'],
  ['Ready', 'Healthy'],
  ['ProposalReady', 'Suspended'],
  ['Stopped', 'Suspended'],
  ['Rebalancing', 'Progressing'],
  ['PendingProposal', 'Progressing'],
  ['New', 'Progressing'],
)

/** A pool tells what is wrong of it with its cluster; of itself only which nodes it has. */
const nodePool: OwnRule = (object) => {
  if (at(object, 'status', 'observedGeneration') === undefined) return waitingFor(object)
  const failed = conditionsAt(object).find((one) => one['type'] === 'NotReady' && one['status'] === 'True')
  return failed ? strimzi(object) : verdict('Healthy', `${list(object, 'status', 'nodeIds').length} nodes`)
}

const natsKinds = ['Account', 'Consumer', 'KeyValue', 'ObjectStore', 'Stream']

/** Brokers and what lives in them. */
export const messagingRules: OwnTable = {
  'kafka.strimzi.io/KafkaMirrorMaker2': strimzi,
  'kafka.strimzi.io/KafkaMirrorMaker': strimzi,
  'kafka.strimzi.io/KafkaRebalance': rebalance,
  'kafka.strimzi.io/KafkaNodePool': nodePool,
  'core.strimzi.io/StrimziPodSet': byCount((object) => list(object, 'spec', 'pods').length, ['status', 'readyPods']),
  ...Object.fromEntries(natsKinds.map((kind) => [`jetstream.nats.io/${kind}`, byOne({ fails: ['Errored'] })])),
  'cluster.redpanda.com/Redpanda': byOne(),
  'cluster.redpanda.com/Topic': byOne(),
  'pulsar.streamnative.io/*': byOne({ silent: true }),
  'hazelcast.com/*': byOne({ silent: true }),
}
