import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, byPhase, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { need } from './strict.ts'

/** Strimzi has a condition for failure beside the one for success. */
function strimzi(waiting: string, failed = when('NotReady', 'True', 'Degraded')): CustomRule {
  return byConditions({ passes: [[failed, when('Ready', 'True', 'Healthy', '')]], waiting })
}

/** What the RabbitMQ operators create inside a broker. */
function rabbit(thing: string): CustomRule {
  return byConditions({
    passes: [
      [
        {
          type: 'Ready',
          status: 'True',
          reason: 'SuccessfulCreateOrUpdate',
          gives: 'Healthy',
          say: `RabbitMQ ${thing} ready`,
        },
        {
          type: 'Ready',
          status: 'False',
          reason: 'FailedCreateOrUpdate',
          gives: 'Degraded',
          say: `RabbitMQ ${thing} failed to be created or updated`,
        },
      ],
    ],
    waiting: `RabbitMQ ${thing} status is unknown`,
    otherwise: 'Unknown',
  })
}

const rabbitCluster: CustomRule = (object) => {
  const all = conditionsAt(object)
  const failed = all.find((one) => one['type'] === 'ReconcileSuccess' && one['status'] === 'False')
  if (failed) return verdict('Degraded', asText(failed['message']))
  const state = (type: string) => all.findLast((one) => one['type'] === type)?.['status']
  const [available, ready] = [state('ClusterAvailable'), state('AllReplicasReady')]
  if (available === 'Unknown' || ready === 'Unknown') {
    return verdict('Progressing', 'Waiting for RabbitMQ cluster readiness (conditions unknown)')
  }
  if (available === 'False') return verdict('Progressing', 'Waiting for RabbitMQ cluster formation')
  if (ready === 'False') return verdict('Progressing', 'Waiting for RabbitMQ instances ready')
  return available === 'True' && ready === 'True'
    ? verdict('Healthy', 'RabbitMQ cluster ready')
    : verdict('Progressing', 'Waiting for RabbitMQ Operator')
}

const confluent = (thing: string): CustomRule =>
  byPhase({
    at: ['status', 'phase'],
    phases: { RUNNING: ['Healthy', `${thing} running`], PROVISIONING: ['Progressing', `${thing} provisioning`] },
    none: ['Progressing', `Waiting for ${thing}`],
  })

const brokersReady = ['GracefulUpscaleSucceeded', 'GracefulDownscaleSucceeded']

const banzaiKafka: CustomRule = (object) => {
  const waiting = verdict('Progressing', 'Waiting for KafkaCluster')
  const state = text(object, 'status', 'state')
  if (state === 'ClusterRollingUpgrading') return verdict('Progressing', 'Kafka Cluster is Rolling Upgrading.')
  const brokers = at(object, 'status', 'brokersState')
  if (brokers === undefined) return waiting
  const complete = Object.values(brokers ?? {})
    .filter((one: unknown) => at(one, 'configurationState') === 'ConfigInSync')
    .filter((one: unknown) =>
      brokersReady.includes(asText(need(14, at(one, 'gracefulActionState'), 'cruiseControlState'))),
    )
  if (complete.length < Object.values(brokers ?? {}).length)
    return verdict('Degraded', 'Broker Config is out of Sync or CruiseControlState is not Ready')
  const topic = at(object, 'status', 'cruiseControlTopicStatus') ?? 'CruiseControlTopicNotReady'
  if (topic === 'CruiseControlTopicReady' && state === 'ClusterRunning')
    return verdict('Healthy', 'Kafka Brokers, CruiseControl and cluster are in Healthy State.')
  return topic === 'CruiseControlTopicNotReady' && state === 'ClusterReconciling'
    ? verdict('Progressing', 'Kafka Cluster is Reconciling.')
    : waiting
}

const connector: CustomRule = (object) => {
  const state = at(object, 'status', 'state')
  const failed = at(object, 'status', 'failedTasksCount')
  const running = text(object, 'status', 'connectorState') === 'RUNNING'
  if (state === 'CREATED' && running && failed === undefined) return verdict('Healthy', 'Connector running')
  if (state === 'ERROR') {
    // There is but one condition, and it tells all that is wrong.
    const all = conditionsAt(object)
    return verdict('Degraded', all.length > 0 ? asText(all[0]?.['message']) : 'No conditions available')
  }
  return state !== undefined && Number(failed ?? 0) > 0
    ? verdict('Degraded', 'Connector has failed tasks')
    : verdict('Progressing', 'Waiting for Kafka Connector')
}

const rabbitKinds = ['Binding', 'Exchange', 'Permission', 'Policy', 'Queue', 'Shovel', 'User', 'Vhost']
const confluentKinds = ['Connect', 'ControlCenter', 'Kafka', 'KsqlDB', 'SchemaRegistry', 'Zookeeper']

/** Brokers and what lives in them. */
export const messagingRules: RuleTable = {
  'kafka.strimzi.io/Kafka': strimzi('Waiting for Kafka Cluster', {
    ...when('NotReady', 'True', 'Degraded'),
    reason: '!Creating',
  }),
  'kafka.strimzi.io/KafkaTopic': strimzi('Waiting for Kafka Topic'),
  'kafka.strimzi.io/KafkaUser': strimzi('Waiting for Kafka User'),
  'kafka.strimzi.io/KafkaConnect': strimzi('Waiting for Kafka Connect'),
  'kafka.strimzi.io/KafkaConnector': strimzi('Waiting for KafkaConnector'),
  'kafka.strimzi.io/KafkaBridge': strimzi('Waiting for KafkaBridge'),
  'rabbitmq.com/RabbitmqCluster': rabbitCluster,
  'kafka.banzaicloud.io/KafkaCluster': banzaiKafka,
  'platform.confluent.io/Connector': connector,
  ...Object.fromEntries(rabbitKinds.map((kind) => [`rabbitmq.com/${kind}`, rabbit(kind.toLowerCase())])),
  ...Object.fromEntries(confluentKinds.map((kind) => [`platform.confluent.io/${kind}`, confluent(kind)])),
}
