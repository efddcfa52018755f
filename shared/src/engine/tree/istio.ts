import type { KubeObject } from '../../k8s/object.ts'
import type { Networking } from './types.ts'
import { at, fields, items, text, texts } from './values.ts'

/** What Istio's VirtualServices and ServiceEntries send traffic to. */
export function istioNetworking(object: KubeObject): Networking | undefined {
  if (object.kind === 'VirtualService') return virtualService(object)
  const labels = at(object, 'spec', 'workloadSelector', 'labels')
  if (object.kind !== 'ServiceEntry' || labels === undefined) return undefined
  return { targetLabels: texts(fields(labels)), targetRefs: [{ kind: 'Pod' }] }
}

function virtualService(object: KubeObject): Networking {
  const services = new Map<string, { kind: string; namespace: string; name: string }>()
  for (const rule of items(at(object, 'spec', 'http'))) {
    for (const route of items(rule['route'])) {
      const host = text(at(route, 'destination', 'host'))
      if (host === '') continue
      const [name = '', namespace = object.metadata.namespace ?? ''] = host.split('.')
      services.set(`${namespace}/${name}`, { kind: 'Service', namespace, name })
    }
  }
  return { targetRefs: [...services.values()] }
}
