import type { HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byPhase, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { join, need, needList, plus } from './strict.ts'

const cloudNativePhases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  'Cluster in healthy state': 'Healthy',
  'Setting up primary': 'Progressing',
  'Creating a new replica': 'Progressing',
  'Upgrading cluster': 'Progressing',
  'Waiting for the instances to become active': 'Progressing',
  'Promoting to primary cluster': 'Progressing',
  'Switchover in progress': 'Degraded',
  'Failing over': 'Degraded',
  'Upgrading Postgres major version': 'Degraded',
  'Cluster upgrade delayed': 'Degraded',
  'Waiting for user action': 'Degraded',
  'Primary instance is being restarted in-place': 'Degraded',
  'Primary instance is being restarted without a switchover': 'Degraded',
  'Cluster cannot execute instance online upgrade due to missing architecture binary': 'Degraded',
  'Online upgrade in progress': 'Degraded',
  'Applying configuration': 'Degraded',
  'Unable to create required cluster objects': 'Suspended',
  'Cluster cannot proceed to reconciliation due to an unknown plugin being required': 'Suspended',
  'Cluster has incomplete or invalid image catalog': 'Suspended',
  'Cluster is unrecoverable and needs manual intervention': 'Suspended',
})

const cloudNative: CustomRule = (object) => {
  if (object.metadata.annotations?.['cnpg.io/reconciliationLoop'] === 'disabled') {
    return verdict('Suspended', 'Cluster reconciliation is suspended')
  }
  if (at(object, 'status', 'conditions') === undefined)
    return verdict('Progressing', asText(need(68, at(object, 'status'), 'phaseReason')))
  const reason = text(object, 'status', 'phaseReason')
  const hibernation = conditionsAt(object).find((one) => one['type'] === 'cnpg.io/hibernation')
  if (hibernation) {
    return verdict(hibernation['status'] === 'True' ? 'Suspended' : 'Degraded', asText(hibernation['message']))
  }
  return verdict(cloudNativePhases[text(object, 'status', 'phase')] ?? 'Unknown', reason)
}

const noStatus = 'No status info available'

/** The MariaDB operator: the last words are of the condition that decides, else of the last one. */
function mariadb(
  say: (reason: unknown, message: unknown) => unknown,
  failed: (reason: unknown, message: unknown) => boolean,
): CustomRule {
  return (object) => {
    if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', noStatus)
    let words = ''
    for (const { reason, message, status } of conditionsAt(object)) {
      words = asText(say(reason, message))
      if (status === 'False') return verdict(failed(reason, message) ? 'Degraded' : 'Progressing', words)
    }
    return verdict('Healthy', words)
  }
}

const mariadbServer = mariadb(
  (_, message) => message,
  (reason) => reason === 'Failed',
)

/** The last condition's words while nothing is decided. */
const mariadbContent: CustomRule = (object) => {
  const all = conditionsAt(object)
  const ready = all.find((one) => one['type'] === 'Ready')
  if (ready) return verdict(ready['status'] === 'True' ? 'Healthy' : 'Degraded', asText(ready['message']))
  return verdict('Progressing', all.length === 0 ? noStatus : asText(all.at(-1)?.['message']))
}

const mariadbJob: CustomRule = (object) => {
  let words = noStatus
  for (const { reason, message, status } of conditionsAt(object)) {
    words = join(9, reason, ' ', message)
    if (reason === 'JobComplete' && status === 'True') return verdict('Healthy', words)
    if (reason === 'JobFailed' && status === 'True') return verdict('Degraded', words)
  }
  return verdict('Progressing', words)
}

const elasticPhases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  ApplyingChanges: 'Progressing',
  MigratingData: 'Progressing',
  Invalid: 'Degraded',
})
const elasticColours: Readonly<Record<string, readonly [HealthStatusCode, string]>> = dictionary({
  green: ['Healthy', 'Elasticsearch Cluster status is Green'],
  yellow: ['Progressing', 'Elasticsearch Cluster status is Yellow. Check the status of indices, replicas and shards'],
  red: ['Degraded', 'Elasticsearch Cluster status is Red. Check the status of indices, replicas and shards'],
})
const reportBug =
  'Ensure your ArgoCD is current and then check for/file a bug report: https://github.com/argoproj/argo-cd/issues'

const elasticsearch: CustomRule = (object) => {
  const available = at(object, 'status', 'availableNodes')
  if (typeof available === 'number') {
    const sets = needList(5, need(5, at(object, 'spec'), 'nodeSets'), 'pairs')
    const wanted = sets.reduce<number>((sum, set) => plus(6, sum, need(6, set, 'count')), 0)
    if (available < wanted) {
      return verdict(
        'Progressing',
        `The desired amount of availableNodes is ${wanted} but the current amount is ${available}`,
      )
    }
    const [phase, colour] = [text(object, 'status', 'phase'), at(object, 'status', 'health')]
    if (available === wanted && phase !== '' && colour !== undefined) {
      const found = phase === 'Ready' ? elasticColours[asText(colour)] : undefined
      if (found) return verdict(...found)
      const known = elasticPhases[phase]
      if (known) return verdict(known, `Elasticsearch phase is ${phase}`)
    }
  }
  return verdict('Unknown', `Elasticsearch Cluster status is unknown. ${reportBug}`)
}

const beat: CustomRule = (object) => {
  const [health, expected] = [at(object, 'status', 'health'), at(object, 'status', 'expectedNodes')]
  if (health === 'red') return verdict('Degraded', 'Elastic Beat status is Red')
  if (health === 'green') return verdict('Healthy', 'Elastic Beat status is Green')
  const available = at(object, 'status', 'availableNodes')
  if (health === 'yellow' && available !== undefined && expected !== undefined) {
    return verdict(
      'Progressing',
      `Elastic Beat status is deploying, there is ${asText(available)} instance(s) on ${asText(expected)} expected`,
    )
  }
  return health === 'yellow' || (health === undefined && expected !== undefined)
    ? verdict('Progressing', 'Elastic Beat phase is progressing')
    : verdict('Unknown', `Elastic Beat status is unknown. ${reportBug}`)
}

const perconaStates: Readonly<Record<string, HealthStatusCode>> = dictionary({
  initializing: 'Progressing',
  ready: 'Healthy',
  error: 'Degraded',
  stopping: 'Progressing',
  paused: 'Suspended',
})

const readyNodes = (line: number, object: KubeObject, before = '', after = ''): string => {
  const count = (name: string): unknown => at(object, 'status', name)
  const parts = [count('ready'), '/', count('size'), ` node(s) are ready${after}`]
  return join(line, ...(before === '' ? [] : [before]), ...parts)
}

const perconaMongo: CustomRule = (object) => {
  if (at(object, 'status') === undefined) return verdict('Unknown', 'Cluster status is unknown')
  return verdict(perconaStates[text(object, 'status', 'state')] ?? 'Unknown', readyNodes(12, object))
}

const perconaMysql: CustomRule = (object) => {
  switch (text(object, 'status', 'state')) {
    case 'initializing':
      return verdict('Progressing', readyNodes(6, object))
    case 'ready':
      return verdict('Healthy', readyNodes(12, object))
    case 'paused':
      return verdict('Unknown', 'Cluster is paused')
    case 'stopping':
      return verdict('Degraded', readyNodes(24, object, 'Cluster is stopping (', ')'))
    case 'error':
      return verdict(
        'Degraded',
        `Cluster is on error: ${needList(30, at(object, 'status', 'message'), 'concat')
          .map(asText)
          .join(', ')}`,
      )
    default:
      return verdict('Unknown', `Cluster status is unknown. ${reportBug}`)
  }
}

/** Atlas tells work in progress by a word in a field of its Ready condition. */
const atlas =
  (field: string, busy: readonly string[]): CustomRule =>
  (object) => {
    const ready = conditionsAt(object).find((one) => one['type'] === 'Ready')
    if (!ready) return verdict('Progressing', 'Waiting for Atlas Operator')
    const words = asText(ready['reason'])
    if (ready['status'] === 'True') return verdict('Healthy', words)
    return verdict(busy.includes(asText(ready[field])) ? 'Progressing' : 'Degraded', words)
  }

const clickHouse = (thing: string): CustomRule =>
  byPhase({
    at: ['status', 'status'],
    phases: {
      Completed: ['Healthy', `${thing} installation completed successfully`],
      InProgress: ['Progressing', `${thing} installation in progress`],
    },
    other: ['Degraded', (phase) => `${thing} status: ${phase}`],
    none: ['Progressing', `${thing} status not yet available`],
  })

const zalandoStates = ['Running', 'Creating', 'Updating']

/** Databases. */
export const databaseRules: RuleTable = {
  'postgresql.cnpg.io/Cluster': cloudNative,
  'acid.zalan.do/postgresql': byPhase({
    at: ['status', 'PostgresClusterStatus'],
    phases: Object.fromEntries(
      zalandoStates.map((state) => [state, [state === 'Running' ? 'Healthy' : 'Progressing', state] as const]),
    ),
    other: ['Degraded', (phase) => phase],
    none: ['Progressing', 'Waiting for postgres cluster status...'],
  }),
  'k8s.mariadb.com/MariaDB': mariadbServer,
  'mariadb.mmontes.io/MariaDB': mariadbServer,
  'k8s.mariadb.com/Backup': mariadb(
    (reason, message) => join(7, reason, ' ', message),
    (reason, message) => reason === 'CronJobScheduled' && message === 'Failed',
  ),
  'k8s.mariadb.com/SqlJob': mariadbJob,
  'k8s.mariadb.com/Database': mariadbContent,
  'k8s.mariadb.com/Grant': mariadbContent,
  'k8s.mariadb.com/User': mariadbContent,
  'elasticsearch.k8s.elastic.co/Elasticsearch': elasticsearch,
  'beat.k8s.elastic.co/Beat': beat,
  'psmdb.percona.com/PerconaServerMongoDB': perconaMongo,
  'pxc.percona.com/PerconaXtraDBCluster': perconaMysql,
  'db.atlasgo.io/AtlasSchema': atlas('message', ['Reconciling', 'GettingDevDB']),
  'db.atlasgo.io/AtlasMigration': atlas('reason', ['Reconciling']),
  'clickhouse.altinity.com/ClickHouseInstallation': clickHouse('ClickHouse'),
  'clickhouse-keeper.altinity.com/ClickHouseKeeperInstallation': clickHouse('ClickHouseKeeper'),
}
