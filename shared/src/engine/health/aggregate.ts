import { annotation } from '../../argo/annotations.ts'
import type { HealthStatus, HealthStatusCode } from '../../argo/application.ts'
import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { isHook, isIgnoredHook, isSkipped } from '../hook-type.ts'

/** From best to worst. `Unknown` is worse than `Degraded`: what cannot be judged may be anything. */
export const healthOrder: readonly HealthStatusCode[] = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
]

/** Whether `candidate` is worse than `current`. */
export function isWorse(current: HealthStatusCode, candidate: HealthStatusCode): boolean {
  return healthOrder.indexOf(candidate) > healthOrder.indexOf(current)
}

/** One managed object as aggregation sees it. */
export interface Judged {
  readonly target?: KubeObject | undefined
  readonly live?: KubeObject | undefined
  /** Of the live object; undefined where nobody has an opinion. */
  readonly health?: HealthStatus | undefined
}

/** The application that is judged, so that its own object among its resources does not count. */
export interface Self {
  readonly namespace: string
  readonly name: string
}

/**
 * The health of an application: the worst of its direct objects. What is missing does not count as long
 * as anything is there; children of objects never count.
 */
export function aggregateHealth(objects: readonly Judged[], self?: Self): HealthStatus {
  let status: HealthStatusCode = 'Healthy'
  let causes: string[] = []
  let total = 0
  let present = 0
  for (const { target, live, health } of objects) {
    const object = live ?? target
    if (!object || (target && isSkipped(target))) continue
    if (isHook(object) || isIgnoredHook(object)) continue
    total++
    if (live) present++
    if (object.metadata.annotations?.[annotation.ignoreHealthcheck] === 'true') continue
    if (!live || !health || isSelf(object, self)) continue
    if (isChildApplication(object) && (health.status === 'Missing' || health.status === 'Unknown')) continue
    const name = describe(object)
    if (isWorse(status, health.status)) {
      status = health.status
      causes = [name]
    } else if (status !== 'Healthy' && health.status === status) causes.push(name)
  }
  if (total > 0 && present === 0) return { status: 'Missing' }
  return causes.length > 0 ? { status, message: `Caused by ${causes.join(', ')}` } : { status }
}

function isChildApplication(object: KubeObject): boolean {
  const { group, kind } = gvkOf(object)
  return group === 'argoproj.io' && kind === 'Application'
}

function isSelf(object: KubeObject, self: Self | undefined): boolean {
  if (!self || !isChildApplication(object)) return false
  return object.metadata.name === self.name && object.metadata.namespace === self.namespace
}

function describe(object: KubeObject): string {
  const { group, kind } = gvkOf(object)
  const { namespace = '', name = '' } = object.metadata
  return `${group === '' ? kind : `${group}/${kind}`}:${namespace}/${name}`
}
