import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byReady, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { need } from './strict.ts'

// Only the newest condition counts: the operator appends.
const clusterExternalSecret: CustomRule = (object) => {
  const all = at(object, 'status', 'conditions')
  const last = conditionsAt(object).at(-1)
  if (all !== undefined) need(6, last, 'type')
  if (last?.['status'] === 'True') {
    if (last['type'] === 'Ready') return verdict('Healthy', asText(last['message']))
    if (last['type'] === 'PartiallyReady' || last['type'] === 'NotReady')
      return verdict('Degraded', asText(last['message']))
  }
  return verdict('Progressing', 'Waiting for ClusterExternalSecret')
}

/** The forerunner, which writes its error into the state itself. */
const oldExternalSecret: CustomRule = (object) => {
  const waiting = verdict('Progressing', 'Waiting for ExternalSecret.')
  if (at(object, 'status') === undefined) return waiting
  const state = at(object, 'status', 'status')
  if (state === 'SUCCESS') return verdict('Healthy', 'Fetched ExternalSecret.')
  need(6, state, 'find')
  return asText(state).startsWith('ERROR') ? verdict('Degraded', asText(state).replaceAll('ERROR, ', '')) : waiting
}

/** Secrets that come from elsewhere. */
export const secretRules: RuleTable = {
  'external-secrets.io/ExternalSecret': byReady('Waiting for ExternalSecret'),
  'external-secrets.io/SecretStore': byReady('Waiting for SecretStore'),
  'external-secrets.io/ClusterSecretStore': byReady('Waiting for ClusterSecretStore'),
  'external-secrets.io/PushSecret': byReady('Waiting for PushSecret'),
  'external-secrets.io/ClusterExternalSecret': clusterExternalSecret,
  'kubernetes-client.io/ExternalSecret': oldExternalSecret,
  'bitnami.com/SealedSecret': byReady('Waiting for Sealed Secret to be decrypted', { type: 'Synced' }),
  'onepassword.com/OnePasswordItem': byReady('Waiting for controller to report status'),
}
