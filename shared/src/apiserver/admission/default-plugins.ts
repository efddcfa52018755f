import { defaultIngressClass, claimResize, defaultStorageClass, storageObjectInUseProtection } from './storage.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { mutatingPolicies } from './dynamic/mutating-policy.ts'
import { validatingPolicies } from './dynamic/validating-policy.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podSecurity } from './pod-security/plugin.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './quota/plugin.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { defaultTolerationSeconds, taintNodes } from './tolerations.ts'

export interface DefaultPlugins {
  /** Gives pods a service account and its token; needs the accounts that a controller makes. */
  readonly serviceAccounts?: boolean
  /** Calls the webhooks; absent: they are not called. */
  readonly webhooks?: { readonly mutating: AdmissionPlugin; readonly validating: AdmissionPlugin }
}

/** What a cluster admits by, in the order of a real one. Quotas come last: only what all others let through is charged. */
export function defaultPlugins({ serviceAccounts = false, webhooks }: DefaultPlugins = {}): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    ...(serviceAccounts ? [serviceAccount] : []),
    taintNodes,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    claimResize,
    runtimeClass,
    storageObjectInUseProtection,
    certificateApproval,
    certificateSigning,
    certificateSubjectRestriction,
    defaultIngressClass,
    mutatingPolicies(),
    ...(webhooks ? [webhooks.mutating] : []),
    validatingPolicies(),
    ...(webhooks ? [webhooks.validating] : []),
    resourceQuota,
  ]
}
