import type { IgnoreDifference } from '@flotilla/shared/argo/application'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Case } from '../door.ts'

/** Settings of an application that has only what a case says. */
export function settingsOf(input: Case): SyncSettings {
  return {
    instance: 'case',
    project: 'default',
    destination: { namespace: 'ns' },
    sources: [],
    multiSource: false,
    sourceTypes: [],
    ignoreDifferences: (input['ignoreDifferences'] as IgnoreDifference[] | undefined) ?? [],
    annotations: {},
    trackingMethod: 'annotation',
    instanceLabelKey: 'app.kubernetes.io/instance',
    argocdCm: (input['argocd-cm'] as Record<string, string> | undefined) ?? {},
    projectSpec: {},
  }
}
