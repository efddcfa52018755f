/** Annotations, labels and finalizers of Argo CD that Flotilla honours. Source: Argo CD's documentation. */
export const annotation = {
  trackingId: 'argocd.argoproj.io/tracking-id',
  installationId: 'argocd.argoproj.io/installation-id',
  syncWave: 'argocd.argoproj.io/sync-wave',
  hook: 'argocd.argoproj.io/hook',
  hookDeletePolicy: 'argocd.argoproj.io/hook-delete-policy',
  syncOptions: 'argocd.argoproj.io/sync-options',
  compareOptions: 'argocd.argoproj.io/compare-options',
  refresh: 'argocd.argoproj.io/refresh',
  refreshTimestamp: 'argocd.argoproj.io/refresh-timestamp',
  skipReconcile: 'argocd.argoproj.io/skip-reconcile',
  manifestGeneratePaths: 'argocd.argoproj.io/manifest-generate-paths',
  deletionApproved: 'argocd.argoproj.io/deletion-approved',
  ignoreHealthcheck: 'argocd.argoproj.io/ignore-healthcheck',
  ignoreRestartPolicy: 'argocd.argoproj.io/ignore-restart-policy',
  ignoreResourceUpdates: 'argocd.argoproj.io/ignore-resource-updates',
  ignoreDefaultLinks: 'argocd.argoproj.io/ignore-default-links',
  clientSideApplyMigrationManager: 'argocd.argoproj.io/client-side-apply-migration-manager',
  helmHook: 'helm.sh/hook',
  helmHookWeight: 'helm.sh/hook-weight',
  helmHookDeletePolicy: 'helm.sh/hook-delete-policy',
  helmResourcePolicy: 'helm.sh/resource-policy',
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
} as const

export const label = {
  secretType: 'argocd.argoproj.io/secret-type',
  instance: 'app.kubernetes.io/instance',
  partOf: 'app.kubernetes.io/part-of',
} as const

export const finalizer = {
  foreground: 'resources-finalizer.argocd.argoproj.io',
  foregroundSuffixed: 'resources-finalizer.argocd.argoproj.io/foreground',
  background: 'resources-finalizer.argocd.argoproj.io/background',
  preDelete: 'pre-delete-finalizer.argocd.argoproj.io',
  preDeleteCleanup: 'pre-delete-finalizer.argocd.argoproj.io/cleanup',
  postDelete: 'post-delete-finalizer.argocd.argoproj.io',
  postDeleteCleanup: 'post-delete-finalizer.argocd.argoproj.io/cleanup',
  hook: 'argocd.argoproj.io/hook-finalizer',
} as const

/** The field manager of applied objects, as Argo CD's own, so that live clusters are taken over without a write. */
export const fieldManager = 'argocd-controller'
