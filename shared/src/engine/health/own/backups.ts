import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byOne, byTrue, byWord, unless, waitingFor, words, type OwnRule, type OwnTable } from './rules.ts'
import { conditionsAt } from '../custom/rules.ts'

const why = [
  ['status', 'failureReason'],
  ['status', 'validationErrors'],
  ['status', 'message'],
]

/** Velero's backups and restores; what waits or is being finished is not over yet. */
const velero = byWord({
  at: ['status', 'phase'],
  healthy: ['Completed'],
  degraded: ['FailedValidation', 'PartiallyFailed', 'Failed'],
  why,
})

/** Velero's transfers of the data of one volume. */
const transfer = byWord({
  at: ['status', 'phase'],
  healthy: ['Completed'],
  degraded: ['Failed', 'Canceled'],
  why,
})

const location = { at: ['status', 'phase'], healthy: ['Available'], degraded: ['Unavailable'], why }

/** VolSync: a transfer that waits for its time or for a person has nothing to do. */
const replication: OwnRule = (object) => {
  const found = conditionsAt(object).find((one) => one['type'] === 'Synchronizing')
  if (!found) return waitingFor(object)
  if (found['reason'] === 'Error') return verdict('Degraded', words(found))
  const last = text(object, 'status', 'latestMoverStatus', 'result')
  if (last === 'Failed') return verdict('Degraded', 'The last transfer failed')
  // A first transfer is waited for; later ones happen all the time.
  if (at(object, 'status', 'lastSyncTime') !== undefined) return verdict('Healthy', words(found))
  return verdict(found['reason'] === 'WaitingForSchedule' ? 'Healthy' : 'Progressing', words(found))
}

const k8up = byTrue(['Completed', 'Healthy'])

/** K8up says `Completed` of what failed, too. */
const k8upJob: OwnRule = (object) => {
  const failed = conditionsAt(object).find((one) => one['type'] === 'Completed' && one['reason'] === 'Failed')
  return failed ? verdict('Degraded', words(failed)) : k8up(object)
}

const cnpgBackup = byWord({
  at: ['status', 'phase'],
  healthy: ['completed'],
  degraded: ['failed'],
  why: [['status', 'error']],
})

const percona = byWord({
  at: ['status', 'state'],
  healthy: ['Succeeded', 'ready'],
  degraded: ['Failed', 'error', 'rejected'],
  suspended: ['Suspended'],
  why: [
    ['status', 'error'],
    ['status', 'comments'],
  ],
})

const k8upKinds = ['Archive', 'Backup', 'Check', 'Prune', 'Restore']

/** Backups, and what is brought back from them. */
export const backupRules: OwnTable = {
  'velero.io/Backup': velero,
  'velero.io/Restore': velero,
  'velero.io/Schedule': unless(
    ['spec', 'paused'],
    'Schedule is paused',
    byWord({ at: ['status', 'phase'], healthy: ['Enabled'], degraded: ['FailedValidation'], why }),
  ),
  'velero.io/BackupStorageLocation': byWord(location),
  // Not every provider says anything of these.
  'velero.io/VolumeSnapshotLocation': byWord({ ...location, silent: true }),
  'velero.io/BackupRepository': byWord({ at: ['status', 'phase'], healthy: ['Ready'], why }),
  'velero.io/PodVolumeBackup': transfer,
  'velero.io/PodVolumeRestore': transfer,
  'velero.io/DataUpload': transfer,
  'velero.io/DataDownload': transfer,
  'volsync.backube/ReplicationSource': unless(['spec', 'paused'], 'Replication is paused', replication),
  'volsync.backube/ReplicationDestination': unless(['spec', 'paused'], 'Replication is paused', replication),
  'postgresql.cnpg.io/Backup': cnpgBackup,
  'pxc.percona.com/PerconaXtraDBClusterBackup': percona,
  'pxc.percona.com/PerconaXtraDBClusterRestore': percona,
  'psmdb.percona.com/PerconaServerMongoDBBackup': percona,
  'psmdb.percona.com/PerconaServerMongoDBRestore': percona,
  'pgv2.percona.com/PerconaPGBackup': percona,
  'pgv2.percona.com/PerconaPGRestore': percona,
  'k8s.mariadb.com/Restore': byOne({ type: 'Complete', fails: ['JobFailed'] }),
  ...Object.fromEntries(k8upKinds.map((kind) => [`k8up.io/${kind}`, k8upJob])),
}
