import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { Networking, TargetRef } from './types.ts'
import { at, fields, items, text, texts } from './values.ts'

/** Where a Service sends traffic, and what it is reached by. */
export function serviceNetworking(object: KubeObject): Networking {
  const ingress = at(object, 'spec', 'type') === 'LoadBalancer' ? loadBalancers(object) : []
  return { targetLabels: texts(at(object, 'spec', 'selector')), ...(ingress.length > 0 && { ingress }) }
}

/** An Ingress's services and addresses. */
export function ingressNetworking(object: KubeObject): Networking {
  const ingress = loadBalancers(object)
  const services = new Set<string>()
  const urls = new Set<string>()
  const take = (backend: unknown) => {
    const name = backendService(object, fields(backend))
    if (name !== undefined) services.add(name)
  }
  if (at(object, 'spec', 'backend') !== undefined) take(at(object, 'spec', 'backend'))
  for (const rule of items(at(object, 'spec', 'rules'))) {
    const host = text(rule['host']) || ingress.map(({ hostname, ip }) => hostname ?? ip ?? '').find((one) => one !== '')
    for (const path of items(at(rule, 'http', 'paths'))) {
      if (path['backend'] !== undefined) take(path['backend'])
      if (host) urls.add(`${schemeOf(object, host)}://${host}${text(path['path']).replace(/\*$/, '')}`)
    }
  }
  const namespace = object.metadata.namespace ?? ''
  const targetRefs = [...services].map((name) => ({ kind: 'Service', ...(namespace && { namespace }), name }))
  return {
    ...(targetRefs.length > 0 && { targetRefs }),
    ...(ingress.length > 0 && { ingress }),
    ...(urls.size > 0 && !ignoresLinks(object) && { externalURLs: [...urls] }),
  }
}

/** Hosts without a secret of their own are taken to speak plain HTTP. */
function schemeOf(object: KubeObject, host: string): string {
  const tls = items(at(object, 'spec', 'tls'))
  return tls.some((line) => line['secretName'] !== undefined || line['host'] === host) ? 'https' : 'http'
}

function backendService(object: KubeObject, backend: Readonly<Record<string, unknown>>): string | undefined {
  const { group, version } = gvkOf(object)
  if (group === 'extensions' || version === 'v1beta1') return text(backend['serviceName'])
  return backend['service'] === undefined ? undefined : text(at(backend, 'service', 'name'))
}

/** A Gateway's addresses. */
export function gatewayNetworking(object: KubeObject): Networking {
  const ingress = items(at(object, 'status', 'addresses')).flatMap((address): Address[] => {
    const value = text(address['value'])
    const type = text(address['type'])
    if (value === '') return []
    if (type === 'Hostname') return [{ hostname: value }]
    return type === 'IPAddress' || type === '' ? [{ ip: value }] : []
  })
  const urls = new Set<string>()
  for (const listener of items(at(object, 'spec', 'listeners'))) {
    const scheme = ['HTTPS', 'TLS'].includes(text(listener['protocol'])) ? 'https' : 'http'
    const port = Number(listener['port'] ?? 0)
    const own = text(listener['hostname'])
    const hosts = own !== '' && own !== '*' ? [own] : ingress.map(({ hostname, ip }) => hostname ?? ip ?? '')
    const shown = port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`
    for (const host of hosts) urls.add(`${scheme}://${host}${shown}`)
  }
  return {
    ...(ingress.length > 0 && { ingress }),
    ...(urls.size > 0 && !ignoresLinks(object) && { externalURLs: [...urls] }),
  }
}

/** What a route of the Gateway API hangs on, and where it sends traffic. */
export function routeNetworking(object: KubeObject): Networking {
  const home = object.metadata.namespace ?? ''
  const gateways = items(at(object, 'spec', 'parentRefs')).flatMap((ref) =>
    refOf(ref, home, { group: 'gateway.networking.k8s.io', kind: 'Gateway' }),
  )
  const backends = items(at(object, 'spec', 'rules')).flatMap((rule) =>
    items(rule['backendRefs']).flatMap((ref) => refOf(ref, home, { group: '', kind: 'Service' })),
  )
  const unique = new Map([...gateways, ...backends].map((ref) => [JSON.stringify(ref), ref]))
  return unique.size > 0 ? { targetRefs: [...unique.values()] } : {}
}

function refOf(
  ref: Readonly<Record<string, unknown>>,
  home: string,
  defaults: { readonly group: string; readonly kind: string },
): TargetRef[] {
  const name = text(ref['name'])
  if (name === '') return []
  const group = text(ref['group']) || defaults.group
  const namespace = text(ref['namespace']) || home
  return [{ ...(group && { group }), kind: text(ref['kind']) || defaults.kind, ...(namespace && { namespace }), name }]
}

interface Address {
  readonly hostname?: string
  readonly ip?: string
}

function loadBalancers(object: KubeObject): Address[] {
  return items(at(object, 'status', 'loadBalancer', 'ingress')).flatMap((item): Address[] => {
    if (item['hostname'] !== undefined) return [{ hostname: text(item['hostname']) }]
    return item['ip'] === undefined ? [] : [{ ip: text(item['ip']) }]
  })
}

function ignoresLinks({ metadata }: KubeObject): boolean {
  return ['true', '1', 't', 'T', 'TRUE', 'True'].includes(
    metadata.annotations?.['argocd.argoproj.io/ignore-default-links'] ?? '',
  )
}
