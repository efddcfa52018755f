import { verdict } from '../verdict.ts'
import { asText, byReady, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'

// Only the newest condition counts: the operator appends.
const clusterExternalSecret: CustomRule = (object) => {
  const last = conditionsAt(object).at(-1)
  if (last?.['status'] === 'True') {
    if (last['type'] === 'Ready') return verdict('Healthy', asText(last['message']))
    if (last['type'] === 'PartiallyReady' || last['type'] === 'NotReady')
      return verdict('Degraded', asText(last['message']))
  }
  return verdict('Progressing', 'Waiting for ClusterExternalSecret')
}

/** Secrets that come from elsewhere. */
export const secretRules: RuleTable = {
  'external-secrets.io/ExternalSecret': byReady('Waiting for ExternalSecret'),
  'external-secrets.io/SecretStore': byReady('Waiting for SecretStore'),
  'external-secrets.io/ClusterSecretStore': byReady('Waiting for ClusterSecretStore'),
  'external-secrets.io/PushSecret': byReady('Waiting for PushSecret'),
  'external-secrets.io/ClusterExternalSecret': clusterExternalSecret,
  'bitnami.com/SealedSecret': byReady('Waiting for Sealed Secret to be decrypted', { type: 'Synced' }),
  'onepassword.com/OnePasswordItem': byReady('Waiting for controller to report status'),
}
