import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byPhase, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { join } from './strict.ts'

const none = ['Progressing', 'No status available'] as const

/** What runs once. */
const run: CustomRule = byPhase({
  at: ['status', 'state'],
  phases: {
    Completed: ['Healthy', (_, { kind }) => `${kind} Completed`],
    Running: ['Progressing', (_, { kind }) => `${kind} Running`],
  },
  other: ['Degraded', (state) => state],
  none,
})

const vaultStates = {
  available: ['Healthy', 'AppVault Available'],
  Available: ['Healthy', 'AppVault Available'],
  failed: ['Degraded', 'AppVault Failed'],
  Failed: ['Degraded', 'AppVault Failed'],
} as const

const application: CustomRule = (object) => {
  for (const { type, status, message } of conditionsAt(object)) {
    if (type !== 'Ready') continue
    if (status === 'True') {
      const state = at(object, 'status', 'protectionState')
      return verdict('Healthy', join(7, 'Astra Application Ready, protectionState: ', state))
    }
    if (status === 'False') return verdict('Degraded', join(11, 'Astra Application Degraded, message: ', message))
  }
  return verdict(...none)
}

const hook: CustomRule = (object) => {
  const enabled = at(object, 'spec', 'enabled')
  if (enabled === true) return verdict('Healthy', 'ExecHook enabled')
  return enabled === false ? verdict('Suspended', 'ExecHook disabled') : verdict(...none)
}

const schedule: CustomRule = (object) => {
  const last = at(object, 'status', 'lastScheduleTime')
  return verdict(
    'Healthy',
    last === undefined ? 'Protection policy not yet executed' : `Protection policy lastScheduleTime: ${asText(last)}`,
  )
}

const backend: CustomRule = (object) => {
  const last = at(object, 'status', 'lastOperationStatus')
  const message = asText(at(object, 'status', 'message'))
  if (last === 'Success' && at(object, 'status', 'phase') === 'Bound') return verdict('Healthy', message)
  return last === 'Failed' ? verdict('Degraded', message) : verdict('Progressing', 'Waiting for backend creation')
}

const own = (_: string, object: unknown): unknown => at(object, 'status', 'message')

/** NetApp: Astra Control and Trident. */
export const netappRules: RuleTable = {
  'astra.netapp.io/AppVault': byPhase({ at: ['status', 'state'], phases: vaultStates, none }),
  'astra.netapp.io/Application': application,
  'astra.netapp.io/Backup': run,
  'astra.netapp.io/ExecHook': hook,
  'astra.netapp.io/ExecHooksRun': run,
  'astra.netapp.io/ResourceBackup': run,
  'astra.netapp.io/ResticVolumeBackup': run,
  'astra.netapp.io/Schedule': schedule,
  'astra.netapp.io/Snapshot': run,
  'trident.netapp.io/TridentBackendConfig': backend,
  'trident.netapp.io/TridentOrchestrator': byPhase({
    at: ['status', 'status'],
    phases: { Installed: ['Healthy', own], Failed: ['Degraded', own], Error: ['Degraded', own] },
    none: ['Progressing', 'Waiting for trident installation'],
  }),
}
