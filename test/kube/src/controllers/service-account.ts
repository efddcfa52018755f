import { jsonEqual } from '@flotilla/shared/lang/json'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import type { Outcome, Write } from '../machinery/writes.ts'

const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Gives each namespace its account `default` and the cluster's CA. */
export function namespaceDefaults(certificateAuthority: string): Controller {
  const wakesNamespace = (resource: (typeof resources)['configMaps'], name: string): Controller['watches'][number] => ({
    resource,
    wakes: ({ object }) => (object.metadata.name === name ? [`/${object.metadata.namespace ?? ''}`] : []),
  })
  return {
    name: 'namespace-defaults',
    resource: resources.namespaces,
    watches: [
      wakesNamespace(resources.serviceAccounts, 'default'),
      wakesNamespace(resources.configMaps, 'kube-root-ca.crt'),
    ],
    reconcile({ metadata: { name = '', deletionTimestamp } }, world): Outcome {
      if (deletionTimestamp !== undefined) return { writes: [] }
      const writes: Write[] = []
      if (!world.of(resources.serviceAccounts).get(name, 'default')) {
        const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } }
        writes.push({ verb: 'create', ref: { ...resources.serviceAccounts, namespace: name }, object })
      }
      const data = { 'ca.crt': certificateAuthority }
      const held = world.of(resources.configMaps).get(name, 'kube-root-ca.crt')
      const ref = { ...resources.configMaps, namespace: name }
      if (!held) {
        const metadata = {
          name: 'kube-root-ca.crt',
          namespace: name,
          annotations: { 'kubernetes.io/description': description },
        }
        writes.push({ verb: 'create', ref, object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } })
      } else if (!jsonEqual(held['data'], data)) {
        writes.push({ verb: 'update', ref: { ...ref, name: 'kube-root-ca.crt' }, object: { ...held, data } })
      }
      return { writes }
    },
  }
}
