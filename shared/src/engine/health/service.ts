import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { list, text } from './fields.ts'
import { verdict } from './verdict.ts'

/** v1 Service: a load balancer is awaited. */
export function serviceHealth(object: KubeObject): HealthStatus {
  if (text(object, 'spec', 'type') !== 'LoadBalancer') return verdict('Healthy')
  return verdict(hasAddress(object) ? 'Healthy' : 'Progressing')
}

/** Ingress of any version. */
export function ingressHealth(object: KubeObject): HealthStatus {
  return verdict(hasAddress(object) ? 'Healthy' : 'Progressing')
}

function hasAddress(object: KubeObject): boolean {
  return list(object, 'status', 'loadBalancer', 'ingress').length > 0
}
