import { dictionary } from '../../../lang/dictionary.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byPhase, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { need, needList } from './strict.ts'

const proxy: CustomRule = (object) => {
  const description = text(object, 'status', 'description')
  const all = at(object, 'status', 'conditions')
  if (all === undefined) {
    return verdict(
      'Progressing',
      at(object, 'status', 'currentStatus') === undefined ? 'Waiting for status' : description,
    )
  }
  let included = false
  for (const { type, status, observedGeneration } of conditionsAt(object)) {
    if (observedGeneration !== object.metadata.generation) continue
    if (type === 'Valid' && status === 'True') return verdict('Healthy', description)
    // Parents and children wait for one another, so neither may hold up the other.
    if (need(18, at(object, 'spec'), 'includes') !== undefined && status === 'False') included = true
    else if (type === 'Valid' && status === 'False') return verdict('Degraded', description)
  }
  return included
    ? verdict('Healthy', 'HTTPProxy inclusions cannot be health checked')
    : verdict('Progressing', 'Waiting for status')
}

const extensionService: CustomRule = (object) => {
  const found = conditionsAt(object).find(
    (one) =>
      one['type'] === 'Valid' &&
      one['observedGeneration'] === object.metadata.generation &&
      (one['status'] === 'True' || one['status'] === 'False'),
  )
  if (found?.['status'] === 'True') return verdict('Healthy', asText(found['message']))
  if (found?.['status'] === 'False') return verdict('Degraded', asText(found['message']))
  return verdict('Progressing', 'Waiting for status')
}

const certificate: CustomRule = (object) => {
  if (list(object, 'status', 'domainStatus').some((one) => text(one, 'status') === 'FailedNotVisible')) {
    return verdict('Degraded', 'At least one certificate has failed to be provisioned')
  }
  return text(object, 'status', 'certificateStatus') === 'Active'
    ? verdict('Healthy', 'All certificates are active')
    : verdict('Progressing', 'At least one certificate is still being provisioned')
}

const route: CustomRule = (object) => {
  const ingress = at(object, 'status', 'ingress')
  if (ingress === undefined) return verdict('Progressing', 'Route is still getting admitted')
  const rules = list(object, 'status', 'ingress')
  const admitted = rules.flatMap((rule) => {
    needList(10, at(rule, 'conditions'), 'pairs')
    return conditionsAt(rule, ['conditions']).filter((one) => one['type'] === 'Admitted')
  })
  if (admitted.filter((one) => one['status'] === 'True').length === rules.length)
    return verdict('Healthy', 'Route is healthy')
  return admitted.some((one) => one['status'] === 'False')
    ? verdict('Degraded', 'Route is degraded')
    : verdict('Progressing', 'Route is still getting admitted')
}

const soloStates: Readonly<Record<string, 'Accepted' | 'Warning' | 'Pending' | 'Rejected'>> = dictionary({
  Accepted: 'Accepted',
  1: 'Accepted',
  Warning: 'Warning',
  3: 'Warning',
  Pending: 'Pending',
  0: 'Pending',
  Rejected: 'Rejected',
  2: 'Rejected',
})

/** Gloo: one status, or one a namespace of its controllers. */
const gloo: CustomRule = (object) => {
  const many = at(object, 'status', 'statuses')
  const statuses = typeof many === 'object' && many !== null ? Object.values(many) : []
  for (const status of [...statuses, at(object, 'status')]) {
    const state = soloStates[asText(at(status, 'state'))]
    if (state === 'Accepted') return verdict('Healthy', 'The resource has been validated')
    if (state === 'Pending') return verdict('Suspended', 'The resource has not yet been validated')
    if (state) return verdict('Degraded', text(status, 'reason'))
  }
  return verdict('Progressing', 'Update in progress')
}

const glooKinds = [
  'gateway.solo.io/Gateway',
  'gateway.solo.io/MatchableHttpGateway',
  'gateway.solo.io/RouteOption',
  'gateway.solo.io/RouteTable',
  'gateway.solo.io/VirtualHostOption',
  'gateway.solo.io/VirtualService',
  'gloo.solo.io/Proxy',
  'gloo.solo.io/Settings',
  'gloo.solo.io/Upstream',
  'gloo.solo.io/UpstreamGroup',
]

const updating = 'Component is being updated to a different version.'
const starting = 'Controller has started but not yet completed reconciliation loop for the component.'

/** Ingress, proxies and meshes. */
export const networkRules: RuleTable = {
  'projectcontour.io/HTTPProxy': proxy,
  'projectcontour.io/ExtensionService': extensionService,
  'networking.gke.io/ManagedCertificate': certificate,
  'route.openshift.io/Route': route,
  'install.istio.io/IstioOperator': byPhase({
    at: ['status', 'status'],
    phases: {
      NONE: ['Unknown', 'Component is not present.'],
      0: ['Unknown', 'Component is not present.'],
      UPDATING: ['Progressing', updating],
      1: ['Progressing', updating],
      RECONCILING: ['Progressing', starting],
      2: ['Progressing', starting],
      HEALTHY: ['Healthy', 'Component is healthy.'],
      3: ['Healthy', 'Component is healthy.'],
      ERROR: ['Degraded', 'Component is in an error state.'],
      4: ['Degraded', 'Component is in an error state.'],
    },
    none: ['Progressing', 'Waiting for Istio Control Plane'],
  }),
  ...Object.fromEntries(glooKinds.map((name) => [name, gloo])),
}
