import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, Watched, World } from '../machinery/controller.ts'
import type { Note } from '../machinery/events.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, type Outcome, type Write } from '../machinery/writes.ts'
import { controllerReference } from './owners.ts'
import { isFinished, isReady, isTerminating, warning } from './pods.ts'
import { selects } from '@flotilla/shared/k8s/label-selector'
import { orderedBy } from '@flotilla/shared/lang/order'
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
const zoneLabel = 'topology.kubernetes.io/zone'
const sliceController = 'endpointslice-controller.k8s.io'

const podChanges: Watched = {
  resource: resources.pods,
  wakes: ({ object }, world) => servicesOf(object.metadata.namespace, world),
}

/** Lists the pods behind each Service as EndpointSlice. */
export const endpointSlicesController: Controller = {
  name: 'endpoint-slice',
  resource: resources.services,
  watches: [
    podChanges,
    { resource: resources.nodes, wakes: (_, world) => servicesOf(undefined, world) },
    {
      resource: resources.endpointSlices,
      wakes: ({ type, object }) =>
        type === 'deleted' ? [`${object.metadata.namespace}/${object.metadata.labels?.[serviceLabel]}`] : [],
    },
  ],
  reconcile(object, world) {
    const service = object as Service
    const { namespace } = service.metadata
    const nodes = world.of(resources.nodes).list()
    const zones = new Map(nodes.map(({ metadata: { name, labels } }) => [name ?? '', labels?.[zoneLabel]]))
    const slice = world
      .of(resources.endpointSlices)
      .list(namespace)
      .find(
        ({ metadata: { labels } }) =>
          labels?.[serviceLabel] === service.metadata.name && labels?.[managedBy] === sliceController,
      )
    return reconcileSlice(service, world.of(resources.pods).list(namespace) as Pod[], zones, slice)
  },
}

/** Lists the pods behind each Service as Endpoints. */
export const endpointsController: Controller = {
  name: 'endpoint',
  resource: resources.services,
  watches: [
    podChanges,
    { resource: resources.endpoints, wakes: ({ type, object }) => (type === 'deleted' ? [keyOfObject(object)] : []) },
  ],
  reconcile(object, world) {
    const service = object as Service
    const { namespace = '', name = '' } = service.metadata
    const held = world.of(resources.endpoints).get(namespace, name)
    return reconcileEndpoints(service, world.of(resources.pods).list(namespace) as Pod[], held)
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

/** The pods that stand behind a Service, by name; undefined where nobody shall list them. */
function backing(service: Service, pods: readonly Pod[]): Pod[] | undefined {
  const { selector } = service.spec
  if (!selector || service.spec.type === 'ExternalName' || isTerminating(service)) return undefined
  return pods
    .filter(
      (pod) =>
        selects({ matchLabels: selector }, pod.metadata.labels) && pod.status?.podIP !== undefined && !isFinished(pod),
    )
    .toSorted(orderedBy(({ metadata }) => metadata.name ?? ''))
}

/** The decision on the slice of one Service. */
export function reconcileSlice(
  service: Service,
  pods: readonly Pod[],
  nodes: Nodes,
  slice: KubeObject | undefined,
): Outcome {
  const all = backing(service, pods)
  if (!all) return nothing
  const publish = service.spec.publishNotReadyAddresses === true
  const skipped = publish ? [] : all.filter((pod) => !nodes.has(pod.spec.nodeName ?? ''))
  const kept = all.filter((pod) => !skipped.includes(pod))
  const write = sliceWrite(service, kept, nodes, slice)
  return { writes: write ? [write] : [], notes: skipped.length > 0 ? [skips(service, skipped)] : [] }
}

/** The decision on the Endpoints of one Service. */
export function reconcileEndpoints(service: Service, pods: readonly Pod[], endpoints: KubeObject | undefined): Outcome {
  const all = backing(service, pods)
  if (!all) return nothing
  const publish = service.spec.publishNotReadyAddresses === true
  const kept = all.filter((pod) => !isTerminating(pod) || publish)
  const write = endpointsWrite(service, kept, endpoints)
  return write ? { writes: [write] } : nothing
}

/** Pods of nodes that are not there are left out of slices, aloud. */
function skips(service: Service, pods: readonly Pod[]): Note {
  const key = `${service.metadata.namespace}/${service.metadata.name}`
  const each = pods.map(
    ({ metadata, spec }) => `skipping Pod ${metadata.name} for Service ${key}: Node ${spec.nodeName ?? ''} Not Found`,
  )
  const why = each.length === 1 ? each[0] : `[${each.join(', ')}]`
  const text = `Error updating Endpoint Slices for Service ${key}: ${why}`
  return warning(service, 'FailedToUpdateEndpointSlices', text)
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
    // Of a pod without a node it is empty, which the API refuses: so such pods keep Endpoints from being written.
    nodeName: pod.spec.nodeName ?? '',
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
    const failed = (why: string): Note =>
      warning(held, 'FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}: ${why}`)
    return { verb: 'update', ref: refTo(resources.endpoints, held), object, announce: { failed } }
  }
  const object = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels, ...triggered(service, pods, held, listed) },
    subsets,
  }
  const failed = (why: string): Note =>
    warning(object, 'FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}: ${why}`)
  return { verb: 'create', ref: { ...resources.endpoints, namespace }, object, announce: { failed } }
}
