import type { KubeObject } from '@flotilla/shared/k8s/object'
import { standInLabel } from '../kubelet/stand-in-node.ts'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, World } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, statusWrite } from '../machinery/writes.ts'
import { isTerminating } from './pods.ts'
import { fnv32a } from './template-hash.ts'

interface Balanced {
  loadBalancer?: { ingress?: unknown[] }
}

/** Gives Services of type LoadBalancer an address, where nodes of the stand-in could take what comes there. */
export const loadBalancerController: Controller = {
  name: 'service',
  resource: resources.services,
  watches: [{ resource: resources.nodes, wakes: (_, world) => world.of(resources.services).list().map(keyOfObject) }],
  reconcile(service, world) {
    const spec = service['spec'] as { type?: string; loadBalancerClass?: string } | undefined
    const status = (service['status'] ?? {}) as Balanced
    if (!hasStandIn(world) || isTerminating(service) || spec?.loadBalancerClass !== undefined) return nothing
    if (spec?.type !== 'LoadBalancer') {
      // Of another type it loses what it had.
      if (!status.loadBalancer?.ingress) return nothing
      return { writes: [statusWrite(resources.services, service, { ...status, loadBalancer: {} })] }
    }
    if (status.loadBalancer?.ingress) return nothing
    const loadBalancer = { ingress: [{ ip: addressOf(service), ipMode: 'VIP' }] }
    const note = (
      reason: string,
      message: string,
    ): { about: KubeObject; type: 'Normal'; reason: string; message: string } => ({
      about: service,
      type: 'Normal',
      reason,
      message,
    })
    return {
      writes: [statusWrite(resources.services, service, { ...status, loadBalancer })],
      notes: [
        note('EnsuringLoadBalancer', 'Ensuring load balancer'),
        note('EnsuredLoadBalancer', 'Ensured load balancer'),
      ],
    }
  },
}

/** Gives Ingresses an address. */
export const ingressController: Controller = {
  name: 'ingress',
  resource: resources.ingresses,
  watches: [{ resource: resources.nodes, wakes: (_, world) => world.of(resources.ingresses).list().map(keyOfObject) }],
  reconcile(ingress, world) {
    const status = (ingress['status'] ?? {}) as Balanced
    if (!hasStandIn(world) || status.loadBalancer?.ingress || isTerminating(ingress)) return nothing
    const loadBalancer = { ingress: [{ ip: addressOf(ingress) }] }
    return { writes: [statusWrite(resources.ingresses, ingress, { loadBalancer })] }
  },
}

function hasStandIn(world: World): boolean {
  return world
    .of(resources.nodes)
    .list()
    .some(({ metadata }) => metadata.labels?.[standInLabel] !== undefined)
}

function addressOf(object: KubeObject): string {
  const bits = fnv32a(object.metadata.uid ?? '')
  return `172.18.${(bits >>> 8) & 255}.${1 + (bits % 254)}`
}
