import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byOne, ifTrue, byWord, firstOf, number, unobserved, waitingFor, type OwnRule, type OwnTable } from './rules.ts'

/** Vault's operator: a connection is valid or not, a secret names the generation that it was last made of. */
const vault: OwnRule = (object) => {
  const valid = at(object, 'status', 'valid')
  if (valid === false) return verdict('Degraded', text(object, 'status', 'error') || `${object.kind} is not valid`)
  const last = number(at(object, 'status', 'lastGeneration'))
  if (last !== undefined && last < (object.metadata.generation ?? 0)) return unobserved()
  const found = firstOf(
    byOne({ silent: true }),
    byOne({ type: 'SecretSynced', silent: true }),
    byOne({ type: 'Healthy', silent: true }),
  )(object)
  if (found) return found
  if (valid === true) return verdict('Healthy', `${object.kind} is valid`)
  return last === undefined ? waitingFor(object) : verdict('Healthy', `${object.kind} is synced`)
}

const acme = byWord({
  at: ['status', 'state'],
  healthy: ['valid'],
  degraded: ['invalid', 'expired', 'errored'],
  why: [['status', 'reason']],
})

const request = firstOf(
  ifTrue(['Denied', 'Degraded'], ['InvalidRequest', 'Degraded']),
  byOne({ fails: ['Failed', 'Denied'] }),
)

/** Secrets and certificates. */
export const secretRules: OwnTable = {
  'secrets.hashicorp.com/VaultConnection': vault,
  'secrets.hashicorp.com/VaultAuth': vault,
  'secrets.hashicorp.com/VaultStaticSecret': vault,
  'secrets.hashicorp.com/VaultDynamicSecret': vault,
  'secrets.hashicorp.com/VaultPKISecret': vault,
  'secrets.hashicorp.com/HCPAuth': vault,
  'secrets.hashicorp.com/HCPVaultSecretsApp': vault,
  'acme.cert-manager.io/Order': acme,
  'acme.cert-manager.io/Challenge': acme,
  'cert-manager.io/CertificateRequest': request,
  'policy.cert-manager.io/CertificateRequestPolicy': byOne(),
  'trust.cert-manager.io/Bundle': byOne({ type: 'Synced' }),
  'external-secrets.io/ClusterPushSecret': byOne(),
  'secrets.doppler.com/DopplerSecret': byOne({ type: 'secrets.doppler.com/SecretSyncReady' }),
}
