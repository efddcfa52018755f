import { asText, conditionsAt } from '../custom/rules.ts'
import { list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byTrue, isOld, unless, unobserved, waitingFor, words, type OwnRule, type OwnTable } from './rules.ts'

/** Prometheus operator: a part of the instances is a rollout, or what one looks like. */
const instances: OwnRule = unless(['spec', 'paused'], 'Reconciling is paused', (object) => {
  const found = conditionsAt(object).find((one) => one['type'] === 'Available')
  if (!found) return waitingFor(object)
  if (isOld(found, object)) return unobserved()
  if (found['status'] === 'True') return verdict('Healthy', 'All instances are available')
  return verdict('Progressing', words(found))
})

/** What is read by workloads tells for each of them whether it was accepted; most versions tell nothing. */
const bound: OwnRule = (object) => {
  const all = list(object, 'status', 'bindings').map((one) => ({
    to: text(one, 'name'),
    is: conditionsAt(one, ['conditions']).find((condition) => condition['type'] === 'Accepted'),
  }))
  if (all.length === 0) return undefined
  if (all.some(({ is }) => is && isOld(is, object))) return unobserved()
  const refused = all.find(({ is }) => is?.['status'] === 'False')
  if (refused?.is) return verdict('Degraded', `Refused for ${refused.to}: ${words(refused.is)}`)
  return verdict('Healthy', `Accepted for ${all.map(({ to }) => to).join(', ')}`)
}

/** Loki's and Tempo's operators have a condition for each state. */
const stack = byTrue(
  ['Failed', 'Degraded'],
  ['Degraded', 'Degraded'],
  ['ConfigurationError', 'Degraded'],
  ['Pending', 'Progressing'],
  ['Ready', 'Healthy'],
)

/** What Grafana's operator writes into a Grafana. */
const grafana: OwnRule = (object) => {
  const all = conditionsAt(object)
  const wrong = all.find((one) => one['type'] === 'InvalidSpec' && one['status'] === 'True')
  if (wrong) return verdict('Degraded', words(wrong))
  const synced = all.find((one) => asText(one['type']).endsWith('Synchronized'))
  if (!synced) return undefined
  if (isOld(synced, object)) return unobserved()
  if (synced['status'] === 'True') return verdict('Healthy', asText(synced['message']))
  return verdict(synced['reason'] === 'ApplyFailed' ? 'Degraded' : 'Progressing', words(synced))
}

const boundKinds = ['AlertmanagerConfig', 'PodMonitor', 'Probe', 'PrometheusRule', 'ScrapeConfig', 'ServiceMonitor']

/** Watching and alerting. */
export const watchingRules: OwnTable = {
  'monitoring.coreos.com/Alertmanager': instances,
  'monitoring.coreos.com/PrometheusAgent': instances,
  'monitoring.coreos.com/ThanosRuler': instances,
  ...Object.fromEntries(boundKinds.map((kind) => [`monitoring.coreos.com/${kind}`, bound])),
  'loki.grafana.com/LokiStack': stack,
  'tempo.grafana.com/TempoStack': stack,
  'tempo.grafana.com/TempoMonolithic': stack,
  'grafana.integreatly.org/*': grafana,
}
