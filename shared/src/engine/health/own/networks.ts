import { asText, conditionsAt } from '../custom/rules.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import {
  byAvailable,
  byOne,
  byTrue,
  byWord,
  isOld,
  unobserved,
  waitingFor,
  words,
  type OwnRule,
  type OwnTable,
} from './rules.ts'

/** Istio's levels, as words or as the numbers of its API. */
const errors = ['ERROR', 'Error', 3]

/** Istio writes a status only where it is told to; what its analysis calls an error is wrong in the definition. */
const istio: OwnRule = (object) => {
  const wrong = list(object, 'status', 'validationMessages').filter((one) =>
    errors.some((level) => at(one, 'level') === level),
  )
  if (wrong.length > 0) return verdict('Degraded', wrong.map(istioWords).join('; '))
  return byOne({ type: 'Reconciled', silent: true })(object)
}

function istioWords(message: unknown): string {
  const code = text(message, 'type', 'code') || text(message, 'code')
  const name = text(message, 'message') || text(message, 'type', 'name')
  return [code, name].filter((one) => one !== '').join(': ')
}

/** A route, or a policy, has a report from each of those it attaches to. */
function byReports(path: readonly string[]): OwnRule {
  return (object) => {
    const reports = list(object, ...path).map((one) => conditionsAt(one, ['conditions']))
    const all = reports.flat()
    if (all.length === 0) return waitingFor(object)
    if (all.some((one) => isOld(one, object))) return unobserved()
    const refused = all.find((one) => one['type'] === 'Accepted' && one['status'] === 'False')
    // What is not there yet may still come: it is no refusal.
    const later = ['Pending', 'TargetNotFound', 'NoMatchingParent', 'NoReadyListeners']
    if (refused) return verdict(later.includes(asText(refused['reason'])) ? 'Progressing' : 'Degraded', words(refused))
    const open = all.find(
      (one) => ['ResolvedRefs', 'Programmed'].includes(asText(one['type'])) && one['status'] !== 'True',
    )
    if (open) return verdict('Progressing', words(open))
    return all.some((one) => one['type'] === 'Accepted') ? verdict('Healthy') : waitingFor(object)
  }
}

const route = byReports(['status', 'parents'])
const attached = byReports(['status', 'ancestors'])

/** NGINX Inc's controller. */
const nginx = byWord({
  at: ['status', 'state'],
  healthy: ['Valid'],
  degraded: ['Invalid'],
  why: [['status', 'message']],
  silent: true,
})

const listenerSet = byTrue(['Conflicted', 'Degraded'], ['Programmed', 'Healthy'], ['Accepted', 'Progressing'])

const cilium = byOne({ type: 'Valid', fails: true, silent: true })

/** A pool that overlaps another one is not used. */
const ciliumPool: OwnRule = (object) => {
  const conflict = conditionsAt(object).find((one) => asText(one['type']).endsWith('PoolConflict'))
  if (!conflict) return undefined
  return conflict['status'] === 'True' ? verdict('Degraded', words(conflict)) : verdict('Healthy')
}

const envoyPolicies = [
  'BackendTrafficPolicy',
  'ClientTrafficPolicy',
  'EnvoyExtensionPolicy',
  'EnvoyPatchPolicy',
  'SecurityPolicy',
]
const nginxKinds = ['Policy', 'TransportServer', 'VirtualServer', 'VirtualServerRoute']
const routeKinds = ['TCPRoute', 'TLSRoute', 'UDPRoute']

/** Meshes, gateways and networks. */
export const networkRules: OwnTable = {
  'networking.istio.io/*': istio,
  'security.istio.io/*': istio,
  'telemetry.istio.io/*': istio,
  'extensions.istio.io/*': istio,
  'sailoperator.io/*': byOne({ silent: true, fails: ['ReconcileError'] }),
  ...Object.fromEntries(routeKinds.map((kind) => [`gateway.networking.k8s.io/${kind}`, route])),
  'gateway.networking.k8s.io/ListenerSet': listenerSet,
  'gateway.networking.x-k8s.io/XListenerSet': listenerSet,
  'policy.linkerd.io/HTTPRoute': route,
  ...Object.fromEntries(envoyPolicies.map((kind) => [`gateway.envoyproxy.io/${kind}`, attached])),
  'gateway.envoyproxy.io/Backend': byOne({ type: 'Accepted', fails: true, silent: true }),
  'configuration.konghq.com/*': byOne({ type: 'Programmed', silent: true, fails: ['Invalid'] }),
  ...Object.fromEntries(nginxKinds.map((kind) => [`k8s.nginx.org/${kind}`, nginx])),
  'apisix.apache.org/*': byOne({ type: 'ResourcesAvailable', silent: true, fails: true }),
  'getambassador.io/Host': byWord({
    at: ['status', 'state'],
    healthy: ['Ready'],
    degraded: ['Error'],
    why: [['status', 'errorReason']],
    silent: true,
  }),
  'cilium.io/CiliumNetworkPolicy': cilium,
  'cilium.io/CiliumClusterwideNetworkPolicy': cilium,
  'cilium.io/CiliumLoadBalancerIPPool': ciliumPool,
  'operator.tigera.io/*': (object) =>
    at(object, 'status', 'conditions') === undefined ? undefined : byAvailable(object),
  'externaldns.k8s.io/DNSEndpoint': (object) =>
    at(object, 'status', 'observedGeneration') === undefined ? undefined : verdict('Healthy'),
}
