import { asText } from '../custom/rules.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import {
  byAvailable,
  byCount,
  byOne,
  byWord,
  number,
  unless,
  waitingFor,
  type OwnRule,
  type OwnTable,
} from './rules.ts'

/** CloudNativePG says of what it makes inside a database whether it was applied, and tries again where it was not. */
const applied: OwnRule = (object) => {
  const done = at(object, 'status', 'applied')
  if (done === true) return verdict('Healthy', 'Applied')
  return done === undefined
    ? waitingFor(object)
    : verdict('Progressing', text(object, 'status', 'message') || 'Not applied')
}

const pooler = unless(
  ['spec', 'pgbouncer', 'paused'],
  'Pooler is paused',
  byCount((object) => number(at(object, 'spec', 'instances')) ?? 1, ['status', 'instances']),
)

const state = {
  at: ['status', 'state'],
  healthy: ['ready'],
  degraded: ['error'],
  suspended: ['paused'],
  why: [['status', 'messages']],
}

const phase = {
  at: ['status', 'phase'],
  healthy: ['Running'],
  degraded: ['Failed'],
  why: [['status', 'message']],
}

/** Crunchy Data's: each set of instances tells how many are ready. */
const crunchy: OwnRule = (object) => {
  for (const held of ['shutdown', 'paused'])
    if (at(object, 'spec', held) === true) return verdict('Suspended', `PostgresCluster: ${held}`)
  const sets = list(object, 'status', 'instances')
  if (sets.length === 0) return waitingFor(object)
  const late = sets.find((one) => (number(at(one, 'readyReplicas')) ?? 0) < (number(at(one, 'replicas')) ?? 0))
  if (late === undefined) return verdict('Healthy', 'All instances are ready')
  const [ready, wanted] = [number(at(late, 'readyReplicas')) ?? 0, number(at(late, 'replicas')) ?? 0]
  return verdict('Progressing', `Instances ${asText(at(late, 'name'))}: ${ready} of ${wanted} ready`)
}

const innodb = byWord({
  at: ['status', 'cluster', 'status'],
  healthy: ['ONLINE'],
  degraded: ['NO_QUORUM', 'SPLIT_BRAIN'],
})

/** Elastic's: red is what nobody can reach, which all are that start. */
const elastic = byWord({ at: ['status', 'health'], healthy: ['green'] })

const openSearch: OwnRule = (object) =>
  text(object, 'status', 'health') === 'red' && text(object, 'status', 'phase') === 'RUNNING'
    ? verdict('Progressing', 'The cluster is red')
    : byWord({ at: ['status', 'phase'], healthy: ['RUNNING'] })(object)

const elasticKinds = [
  'agent.k8s.elastic.co/Agent',
  'apm.k8s.elastic.co/ApmServer',
  'enterprisesearch.k8s.elastic.co/EnterpriseSearch',
  'kibana.k8s.elastic.co/Kibana',
  'maps.k8s.elastic.co/ElasticMapsServer',
]

/** Databases and searching. */
export const databaseRules: OwnTable = {
  'postgresql.cnpg.io/ScheduledBackup': unless(['spec', 'suspend'], 'ScheduledBackup is suspended', () =>
    verdict('Healthy'),
  ),
  'postgresql.cnpg.io/Pooler': pooler,
  'postgresql.cnpg.io/Database': applied,
  'postgresql.cnpg.io/Publication': applied,
  'postgresql.cnpg.io/Subscription': applied,
  'pgv2.percona.com/PerconaPGCluster': byWord(state),
  'ps.percona.com/PerconaServerMySQL': byWord(state),
  'postgres-operator.crunchydata.com/PostgresCluster': crunchy,
  'k8s.mariadb.com/Connection': byOne(),
  'k8s.mariadb.com/MaxScale': unless(['spec', 'suspend'], 'MaxScale is suspended', byOne()),
  'mysql.oracle.com/InnoDBCluster': innodb,
  'mongodbcommunity.mongodb.com/MongoDBCommunity': byWord(phase),
  'mongodb.com/MongoDB': byWord(phase),
  'mongodb.com/MongoDBOpsManager': byWord({ ...phase, at: ['status', 'opsManager', 'phase'] }),
  'atlas.mongodb.com/*': byOne({ silent: true }),
  'scylla.scylladb.com/ScyllaCluster': byAvailable,
  'cassandra.datastax.com/CassandraDatacenter': unless(
    ['spec', 'stopped'],
    'CassandraDatacenter is stopped',
    byWord({ at: ['status', 'cassandraOperatorProgress'], healthy: ['Ready'] }),
  ),
  'opensearch.opster.io/OpenSearchCluster': openSearch,
  ...Object.fromEntries(elasticKinds.map((kind) => [kind, elastic])),
}
