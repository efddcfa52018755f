import { destinationPermitted } from './project-destinations.ts'
import { kindPermitted } from './project-permits.ts'
import type { ResourceKey } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'

/** Whether the project lets the application deploy into a namespace of its cluster. */
export function namespacePermitted({ projectSpec, destination, cluster }: SyncSettings, namespace: string): boolean {
  const rules = projectSpec['destinations']
  if (!Array.isArray(rules)) return true
  const { name, server } = cluster ?? destination
  return destinationPermitted(rules as Parameters<typeof destinationPermitted>[0], { name, server, namespace })
}

/** Whether the project lets the application have an object at all. */
export function objectPermitted(settings: SyncSettings, key: ResourceKey, namespaced: boolean): boolean {
  if (!kindPermitted(settings.projectSpec, key, namespaced)) return false
  return !namespaced || namespacePermitted(settings, key.namespace)
}
