import { byConditions, byReady, when, type RuleTable } from './rules.ts'

/** Certificates and those who issue them. */
export const certManagerRules: RuleTable = {
  'cert-manager.io/Certificate': byConditions({
    passes: [
      [when('Issuing', 'True', 'Progressing')],
      [when('Ready', 'False', 'Degraded'), when('Ready', 'True', 'Healthy')],
    ],
    waiting: 'Waiting for certificate',
  }),
  'cert-manager.io/Issuer': byReady('Initializing issuer'),
  'cert-manager.io/ClusterIssuer': byReady('Initializing ClusterIssuer'),
  'certmanager.k8s.io/Certificate': byReady('Waiting for certificate'),
  'certmanager.k8s.io/Issuer': byReady('Initializing issuer'),
}
