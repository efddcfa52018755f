import { isIPv6, isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, type Outcome, type Write } from '../machinery/writes.ts'
import { controllerReference } from './owners.ts'
import { isTerminating } from './pods.ts'

interface Address {
  ip: string
  hostname?: string
  nodeName?: string
  targetRef?: unknown
}

interface Subset {
  addresses?: Address[]
  notReadyAddresses?: Address[]
  ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[]
}

interface Mirror {
  readonly addressType: string
  readonly endpoints: readonly object[]
  readonly ports: readonly object[]
}

const serviceName = 'kubernetes.io/service-name'
const managedBy = 'endpointslice.kubernetes.io/managed-by'
const mirroring = 'endpointslicemirroring-controller.k8s.io'
const skipMirror = 'endpointslice.kubernetes.io/skip-mirror'
const notMirrored = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])

/** Copies Endpoints that somebody wrote by hand, for a Service without selector, into EndpointSlices. */
export const endpointMirroring: Controller = {
  name: 'endpoint-slice-mirroring',
  resource: resources.endpoints,
  watches: [
    { resource: resources.services, wakes: ({ object }) => [keyOfObject(object)] },
    {
      resource: resources.endpointSlices,
      wakes: ({ object: { metadata } }) =>
        metadata.labels?.[managedBy] === mirroring ? [`${metadata.namespace}/${metadata.labels[serviceName]}`] : [],
    },
  ],
  reconcile(endpoints, world) {
    const { namespace = '', name = '' } = endpoints.metadata
    const service = world.of(resources.services).get(namespace, name)
    const slices = world
      .of(resources.endpointSlices)
      .list(namespace)
      .filter(({ metadata: { labels } }) => labels?.[serviceName] === name && labels[managedBy] === mirroring)
    return mirror(endpoints, service, slices)
  },
}

/** The decision on one object of Endpoints and the slices that mirror it. */
export function mirror(endpoints: KubeObject, service: KubeObject | undefined, slices: readonly KubeObject[]): Outcome {
  const { selector } = (service?.['spec'] ?? {}) as { selector?: unknown }
  const skipped = endpoints.metadata.labels?.[skipMirror] === 'true'
  const wanted = !service || selector !== undefined || skipped || isTerminating(endpoints) ? [] : mirrorsOf(endpoints)
  const left = [...slices]
  const writes: Write[] = []
  for (const next of wanted) {
    const index = left.findIndex(
      (slice) => slice['addressType'] === next.addressType && isDeepStrictEqual(slice['ports'], next.ports),
    )
    const held = index < 0 ? undefined : left.splice(index, 1)[0]
    const metadata = metadataOf(endpoints)
    if (!held) {
      const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...next }
      writes.push({ verb: 'create', ref: { ...resources.endpointSlices, namespace: metadata.namespace ?? '' }, object })
    } else if (
      !isDeepStrictEqual(held['endpoints'], next.endpoints) ||
      !isDeepStrictEqual(held.metadata.labels, metadata.labels) ||
      !isDeepStrictEqual(held.metadata.annotations ?? {}, metadata.annotations ?? {})
    ) {
      const { labels = {}, annotations = {} } = metadata
      const object = { ...held, ...next, metadata: { ...held.metadata, labels, annotations } }
      writes.push({ verb: 'update', ref: refTo(resources.endpointSlices, held), object })
    }
  }
  writes.push(...left.map((slice): Write => ({ verb: 'delete', ref: refTo(resources.endpointSlices, slice) })))
  return writes.length > 0 ? { writes } : nothing
}

function metadataOf(endpoints: KubeObject): KubeObject['metadata'] {
  const { name = '', namespace = '', labels, annotations = {} } = endpoints.metadata
  const copied = Object.fromEntries(Object.entries(annotations).filter(([key]) => !notMirrored.has(key)))
  return {
    generateName: `${name}-`,
    namespace,
    labels: { ...labels, [managedBy]: mirroring, [serviceName]: name },
    ...(Object.keys(copied).length > 0 ? { annotations: copied } : {}),
    ownerReferences: [controllerReference(endpoints)],
  }
}

function mirrorsOf(endpoints: KubeObject): Mirror[] {
  return ((endpoints['subsets'] ?? []) as Subset[]).flatMap(
    ({ addresses = [], notReadyAddresses = [], ports = [] }) => {
      const all = [
        ...addresses.map((address) => ({ ip: address.ip, endpoint: endpointOf(address, true) })),
        ...notReadyAddresses.map((address) => ({ ip: address.ip, endpoint: endpointOf(address, false) })),
      ].filter(({ ip }) => isIP(ip) !== 0)
      const listed = ports.map(({ name = '', port, protocol = 'TCP', ...rest }) => ({ name, port, protocol, ...rest }))
      return ['IPv4', 'IPv6'].flatMap((addressType): Mirror[] => {
        const ours = all.filter(({ ip }) => isIPv6(ip) === (addressType === 'IPv6')).map(({ endpoint }) => endpoint)
        return ours.length > 0 ? [{ addressType, endpoints: ours, ports: listed }] : []
      })
    },
  )
}

function endpointOf({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): object {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  }
}
