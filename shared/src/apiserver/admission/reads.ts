import type { KubeObject } from '../../k8s/object.ts'
import type { AdmissionWorld } from './plugin.ts'

/** All objects of a resource (`limitranges`, `storageclasses.storage.k8s.io`), in a namespace where one is named. */
export async function listOf(world: AdmissionWorld, resource: string, namespace?: string): Promise<KubeObject[]> {
  const { items } = await world.store.list(namespace === undefined ? { resource } : { resource, namespace })
  return items.map((stored) => stored.object)
}

/** One object, if it is there. */
export async function find(
  world: AdmissionWorld,
  resource: string,
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  return (await world.store.get({ resource, namespace, name }))?.object
}
