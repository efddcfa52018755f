import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byWord, waitingFor, type OwnRule, type OwnTable } from './rules.ts'

/** Rook: what its operator failed to make it tries again, but says so. */
const rook = byWord({
  at: ['status', 'phase'],
  healthy: ['Ready', 'Connected', 'Created'],
  degraded: ['Failure', 'Failed', 'ReconcileFailed'],
  why: [['status', 'message']],
})

/** Longhorn: a volume that is being rebuilt serves; one without a good replica does not. */
const longhorn: OwnRule = (object) => {
  const [state, robustness] = [text(object, 'status', 'state'), text(object, 'status', 'robustness')]
  if (state === '') return waitingFor(object)
  if (robustness === 'faulted') return verdict('Degraded', 'No replica of the volume is left')
  if (robustness === 'degraded') return verdict('Progressing', 'A replica of the volume is being rebuilt')
  return ['attached', 'detached'].includes(state)
    ? verdict('Healthy', `Volume is ${state}`)
    : verdict('Progressing', `Volume is ${state}`)
}

const backupTarget: OwnRule = (object) =>
  at(object, 'status', 'available') === true ? verdict('Healthy', 'Available') : waitingFor(object)

const groupSnapshot: OwnRule = (object) => {
  const error = text(object, 'status', 'error', 'message')
  if (error !== '') return verdict('Degraded', error)
  return at(object, 'status', 'readyToUse') === true ? verdict('Healthy', 'Ready to use') : waitingFor(object)
}

const rookKinds = [
  'CephBlockPool',
  'CephBlockPoolRadosNamespace',
  'CephClient',
  'CephFilesystem',
  'CephFilesystemSubVolumeGroup',
  'CephNFS',
  'CephObjectStoreUser',
  'CephRBDMirror',
]

/** Volumes and what keeps them. */
export const storageRules: OwnTable = {
  ...Object.fromEntries(rookKinds.map((kind) => [`ceph.rook.io/${kind}`, rook])),
  'longhorn.io/Volume': longhorn,
  'longhorn.io/BackupTarget': backupTarget,
  'groupsnapshot.storage.k8s.io/VolumeGroupSnapshot': groupSnapshot,
}
