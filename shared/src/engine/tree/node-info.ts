import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { gatewayNetworking, ingressNetworking, routeNetworking, serviceNetworking } from './networking.ts'
import { istioNetworking } from './istio.ts'
import { podImages, podInfo } from './pod-info.ts'
import type { InfoItem, Networking } from './types.ts'
import { fields, text } from './values.ts'

export type { InfoItem, Networking } from './types.ts'

/** What a node of the resource tree tells beside name, health and owner. */
export interface NodeInfo {
  readonly info: readonly InfoItem[]
  readonly networkingInfo?: Networking
  readonly images: readonly string[]
}

/** What the tree shows of an object, in Argo CD's terms. `labels` are those that the settings want shown. */
export function nodeInfo(object: KubeObject, labels: readonly string[] = []): NodeInfo {
  const { group, kind } = gvkOf(object)
  const isPod = group === '' && kind === 'Pod'
  const links = linksOf(object)
  const networking = networkingOf(object)
  const urls = [...links, ...(networking?.externalURLs ?? [])]
  const networkingInfo: Networking | undefined =
    networking || links.length > 0 ? { ...networking, ...(urls.length > 0 && { externalURLs: urls }) } : undefined
  return {
    info: [
      ...revisionInfo(object),
      ...labelInfo(object, labels),
      ...(isPod ? podInfo(object) : applicationInfo(object)),
    ],
    ...(networkingInfo && { networkingInfo }),
    images: isPod ? podImages(object) : [],
  }
}

function networkingOf(object: KubeObject): Networking | undefined {
  const { group, kind } = gvkOf(object)
  switch (group) {
    case '':
      if (kind === 'Pod') return object.metadata.labels ? { labels: object.metadata.labels } : {}
      return kind === 'Service' ? serviceNetworking(object) : undefined
    case 'extensions':
    case 'networking.k8s.io':
      return kind === 'Ingress' ? ingressNetworking(object) : undefined
    case 'networking.istio.io':
      return istioNetworking(object)
    case 'gateway.networking.k8s.io':
      if (kind === 'Gateway') return gatewayNetworking(object)
      return /^(HTTP|GRPC|TCP|TLS|UDP)Route$/.test(kind) ? routeNetworking(object) : undefined
    default:
      return undefined
  }
}

/** Links that a person put on the object: `url` or `title|url`; only such as a browser may open. */
function linksOf({ metadata }: KubeObject): string[] {
  return Object.entries(metadata.annotations ?? {})
    .filter(([key]) => key.startsWith('link.argocd.argoproj.io/'))
    .map(([, value]) => value)
    .filter((value) => isOpenable(value.slice(value.indexOf('|') + 1)))
}

function isOpenable(url: string): boolean {
  if (url === '') return true
  try {
    return !['javascript:', 'data:', 'vbscript:'].includes(new URL(url, 'http://x/').protocol)
  } catch {
    return false
  }
}

/** The revision that Deployments, ReplicaSets, Rollouts and ControllerRevisions carry. */
function revisionInfo(object: KubeObject): InfoItem[] {
  const { group, kind } = gvkOf(object)
  const annotations = object.metadata.annotations ?? {}
  const written =
    group === 'apps' && (kind === 'Deployment' || kind === 'ReplicaSet')
      ? annotations['deployment.kubernetes.io/revision']
      : group === 'argoproj.io' && kind === 'Rollout'
        ? annotations['rollout.argoproj.io/revision']
        : undefined
  const replicaSet = kind === 'ReplicaSet' ? annotations['rollout.argoproj.io/revision'] : undefined
  const revision =
    group === 'apps' && kind === 'ControllerRevision' ? object['revision'] : Number(written ?? replicaSet)
  return typeof revision === 'number' && revision > 0 ? [{ name: 'Revision', value: `Rev:${revision}` }] : []
}

function labelInfo({ metadata }: KubeObject, labels: readonly string[]): InfoItem[] {
  return labels.flatMap((name) => {
    const value = metadata.labels?.[name]
    return value === undefined ? [] : [{ name, value }]
  })
}

function applicationInfo(object: KubeObject): InfoItem[] {
  const { group, kind } = gvkOf(object)
  const value = text(fields(object.metadata.annotations)['argocd.argoproj.io/managed-by-url'])
  return group === 'argoproj.io' && kind === 'Application' && value !== '' ? [{ name: 'managed-by-url', value }] : []
}
