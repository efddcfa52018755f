import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, World } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, type Outcome, type Write } from '../machinery/writes.ts'
import { controllerReference } from './owners.ts'
import { isFinished, isReady, isTerminating } from './pods.ts'
import { selects } from '@flotilla/shared/k8s/label-selector'
import type { Pod } from './types.ts'

interface ServicePort {
  name?: string
  port: number
  protocol?: string
  targetPort?: number | string
}

interface Service extends KubeObject {
  spec: {
    selector?: Record<string, string>
    ports?: ServicePort[]
    clusterIP?: string
    type?: string
    publishNotReadyAddresses?: boolean
  }
}

const serviceLabel = 'kubernetes.io/service-name'
/** When the last change happened that led to a write. */
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time'
const managedBy = 'endpointslice.kubernetes.io/managed-by'
const sliceController = 'endpointslice-controller.k8s.io'

/** Lists the pods behind each Service, as EndpointSlice and as Endpoints. */
export const endpointsController: Controller = {
  name: 'endpoints',
  resource: resources.services,
  watches: [
    { resource: resources.pods, wakes: ({ object }, world) => servicesOf(object.metadata.namespace, world) },
    { resource: resources.nodes, wakes: (_, world) => servicesOf(undefined, world) },
    {
      resource: resources.endpointSlices,
      wakes: ({ type, object }) =>
        type === 'deleted' ? [`${object.metadata.namespace}/${object.metadata.labels?.[serviceLabel]}`] : [],
    },
    { resource: resources.endpoints, wakes: ({ type, object }) => (type === 'deleted' ? [keyOfObject(object)] : []) },
  ],
  reconcile(object, world) {
    const service = object as Service
    const pods = world.of(resources.pods).list(service.metadata.namespace) as Pod[]
    const nodes = new Map(
      world
        .of(resources.nodes)
        .list()
        .map(({ metadata: { name, labels } }) => [name ?? '', labels?.['topology.kubernetes.io/zone']]),
    )
    const slices = world
      .of(resources.endpointSlices)
      .list(service.metadata.namespace)
      .filter(
        ({ metadata: { labels } }) =>
          labels?.[serviceLabel] === service.metadata.name && labels?.[managedBy] === sliceController,
      )
    const endpoints = world.of(resources.endpoints).get(service.metadata.namespace ?? '', service.metadata.name ?? '')
    return reconcileEndpoints(service, pods, nodes, slices[0], endpoints)
  },
  /** Slices are owned by their Service; Endpoints merely have its name. */
  gone(namespace, name, world) {
    const left = world.of(resources.endpoints).get(namespace, name)
    return { writes: left ? [{ verb: 'delete', ref: refTo(resources.endpoints, left) }] : [] }
  },
}

function servicesOf(namespace: string | undefined, world: World): string[] {
  return world.of(resources.services).list(namespace).map(keyOfObject)
}

/** The zone of each node there is. */
type Nodes = ReadonlyMap<string, string | undefined>

/** The decision on one Service: who stands behind it. */
export function reconcileEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodes: Nodes,
  slice: KubeObject | undefined,
  endpoints: KubeObject | undefined,
): Outcome {
  const { selector } = service.spec
  if (!selector || service.spec.type === 'ExternalName' || isTerminating(service)) return { writes: [] }
  const backing = pods
    .filter(
      (pod) =>
        selects({ matchLabels: selector }, pod.metadata.labels) && pod.status?.podIP !== undefined && !isFinished(pod),
    )
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  const writes = [
    sliceWrite(
      service,
      backing.filter((pod) => pod.spec.nodeName === undefined || nodes.has(pod.spec.nodeName)),
      nodes,
      slice,
    ),
    endpointsWrite(
      service,
      backing.filter((pod) => !isTerminating(pod) || service.spec.publishNotReadyAddresses === true),
      endpoints,
    ),
  ]
  return { writes: writes.filter((write) => write !== undefined) }
}

/** Whether the pods that were listed before were ready, by uid. */
type Listed = ReadonlyMap<string | undefined, boolean>

/**
 * The annotations of a list: with the time of the first change that it has yet to tell of, a pod's that became ready or ceased
 * to be, or the Service's own; without any where something else has changed.
 */
function triggered(service: Service, pods: readonly Pod[], held: KubeObject | undefined, listed: Listed): object {
  const { [triggerTime]: _, ...rest } = held?.metadata.annotations ?? {}
  const times = pods
    .filter((pod) => listed.get(pod.metadata.uid) !== isReady(pod))
    .map((pod) => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '')
  const [first] = [...(held ? [] : [service.metadata.creationTimestamp ?? '']), ...times]
    .filter((time) => time !== '')
    .toSorted()
  const annotations = first === undefined ? rest : { ...rest, [triggerTime]: first }
  return Object.keys(annotations).length > 0 ? { annotations } : {}
}

/** The metadata of a list that is there, but for its annotations. */
function plain(held: KubeObject): KubeObject['metadata'] {
  const { annotations: _, ...metadata } = held.metadata
  return metadata
}

function reference(pod: Pod): Record<string, unknown> {
  return { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid }
}

/** The port of a pod that a Service's port leads to; a name is looked up in its containers. */
function targetOf(
  { port, targetPort = port, protocol = 'TCP' }: ServicePort,
  pods: readonly Pod[],
): number | undefined {
  if (typeof targetPort === 'number') return targetPort
  const ports = pods.flatMap((pod) => pod.spec.containers.flatMap((container) => container.ports ?? []))
  return ports.find((candidate) => candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol)
    ?.containerPort
}

function portsOf(service: Service, pods: readonly Pod[]): { name?: string; port: number; protocol: string }[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const target = targetOf(port, pods)
    const name = port.name === undefined ? {} : { name: port.name }
    return target === undefined ? [] : [{ ...name, port: target, protocol: port.protocol ?? 'TCP' }]
  })
}

function sliceWrite(
  service: Service,
  pods: readonly Pod[],
  nodes: Nodes,
  held: KubeObject | undefined,
): Write | undefined {
  const { name = '', namespace = '' } = service.metadata
  const publish = service.spec.publishNotReadyAddresses === true
  const endpoints = pods.map((pod) => {
    const serving = isReady(pod)
    const terminating = isTerminating(pod)
    const zone = nodes.get(pod.spec.nodeName ?? '')
    return {
      addresses: [pod.status?.podIP],
      conditions: { ready: publish || (serving && !terminating), serving, terminating },
      ...(pod.spec.hostname !== undefined && pod.spec.subdomain === name ? { hostname: pod.spec.hostname } : {}),
      targetRef: reference(pod),
      ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      ...(zone === undefined ? {} : { zone }),
    }
  })
  const listed = new Map(
    ((held?.['endpoints'] ?? []) as { targetRef?: { uid?: string }; conditions?: { serving?: boolean } }[]).map(
      ({ targetRef, conditions }) => [targetRef?.uid, conditions?.serving === true],
    ),
  )
  const ports = pods.length === 0 ? [] : portsOf(service, pods).map((port) => ({ name: '', ...port }))
  const labels = {
    ...service.metadata.labels,
    [managedBy]: sliceController,
    [serviceLabel]: name,
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  }
  const content = {
    addressType: 'IPv4',
    endpoints: endpoints.length > 0 ? endpoints : null,
    ports: ports.length > 0 ? ports : null,
  }
  if (held) {
    const same = jsonEqual(
      { endpoints: held['endpoints'] ?? null, ports: held['ports'] ?? null },
      { endpoints: content.endpoints, ports: content.ports },
    )
    if (same && jsonEqual(held.metadata.labels, labels)) return undefined
    const object = {
      ...held,
      ...content,
      metadata: { ...plain(held), labels, ...triggered(service, pods, held, listed) },
    }
    return { verb: 'update', ref: refTo(resources.endpointSlices, held), object }
  }
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels,
    ...triggered(service, pods, held, listed),
    ownerReferences: [controllerReference(service)],
  }
  const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content }
  return { verb: 'create', ref: { ...resources.endpointSlices, namespace }, object }
}

function endpointsWrite(service: Service, pods: readonly Pod[], held: KubeObject | undefined): Write | undefined {
  const { name = '', namespace = '' } = service.metadata
  const publish = service.spec.publishNotReadyAddresses === true
  const address = (pod: Pod): Record<string, unknown> => ({
    ip: pod.status?.podIP,
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(pod.spec.hostname !== undefined && pod.spec.subdomain === name ? { hostname: pod.spec.hostname } : {}),
    targetRef: reference(pod),
  })
  const ready = pods.filter((pod) => publish || isReady(pod)).map(address)
  const notReady = pods.filter((pod) => !publish && !isReady(pod)).map(address)
  const subset = {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ports: portsOf(service, pods),
  }
  const subsets = pods.length > 0 ? [subset] : []
  const known = (list: 'addresses' | 'notReadyAddresses'): [string | undefined, boolean][] =>
    ((held?.['subsets'] ?? []) as Record<string, { targetRef?: { uid?: string } }[]>[]).flatMap((one) =>
      (one[list] ?? []).map(({ targetRef }) => [targetRef?.uid, list === 'addresses']),
    )
  const listed = new Map([...known('addresses'), ...known('notReadyAddresses')])
  const labels = {
    ...service.metadata.labels,
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  }
  if (held) {
    if (jsonEqual(held['subsets'] ?? [], subsets) && jsonEqual(held.metadata.labels, labels)) return undefined
    const object = {
      ...held,
      metadata: { ...plain(held), labels, ...triggered(service, pods, held, listed) },
      subsets,
    }
    return { verb: 'update', ref: refTo(resources.endpoints, held), object }
  }
  const object = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels, ...triggered(service, pods, held, listed) },
    subsets,
  }
  return { verb: 'create', ref: { ...resources.endpoints, namespace }, object }
}
