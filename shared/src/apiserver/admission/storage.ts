import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { resourceName } from '../resource.ts'
import { nanoOf } from '../validation/quantity.ts'
import { childOf, fieldsOf, textOf } from '../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { find, listOf } from './reads.ts'
import { refuse } from './refusal.ts'
import { inOrder } from '../../lang/order.ts'

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** Gives claims that name no class the default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  resources: ['persistentvolumeclaims'],
  async admit({ object, operation, subresource, resource }, world) {
    if (!object || operation !== 'CREATE' || subresource !== undefined) return
    if (resourceName(resource) !== 'persistentvolumeclaims') return
    const spec = childOf(object, 'spec')
    if (typeof spec['storageClassName'] === 'string' || object.metadata.annotations?.[classAnnotation] !== undefined)
      return
    const chosen = await newestMarked(
      world,
      'storageclasses.storage.k8s.io',
      'storageclass.kubernetes.io/is-default-class',
    )
    if (chosen) spec['storageClassName'] = chosen.metadata.name
  },
}

/** Gives ingresses that name no class the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  resources: ['ingresses.networking.k8s.io'],
  async admit({ object, operation, subresource, resource }, world) {
    if (!object || operation !== 'CREATE' || subresource !== undefined) return
    if (resourceName(resource) !== 'ingresses.networking.k8s.io') return
    const spec = childOf(object, 'spec')
    if (typeof spec['ingressClassName'] === 'string') return
    if (object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    const chosen = await newestMarked(
      world,
      'ingressclasses.networking.k8s.io',
      'ingressclass.kubernetes.io/is-default-class',
    )
    if (chosen) spec['ingressClassName'] = chosen.metadata.name
  },
}

/** The newest that is marked as default; of the same age the first by name. */
async function newestMarked(
  world: AdmissionWorld,
  resource: string,
  annotation: string,
): Promise<KubeObject | undefined> {
  const marked = (await listOf(world, resource)).filter((item) => item.metadata.annotations?.[annotation] === 'true')
  const born = (item: KubeObject): string => textOf(item.metadata.creationTimestamp)
  return marked.sort((a, b) => inOrder(born(b), born(a)) || inOrder(a.metadata.name ?? '', b.metadata.name ?? ''))[0]
}

const protections: Readonly<Record<string, string>> = dictionary({
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
})

/** Storage in use must not vanish: a finalizer holds it. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  resources: Object.keys(protections),
  admit({ object, operation, subresource, resource }) {
    const finalizer = protections[resourceName(resource)]
    if (!object || operation !== 'CREATE' || subresource !== undefined || finalizer === undefined) return
    const finalizers = object.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
  },
}

/** Lets a claim grow only where its class allows it. */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  resources: ['persistentvolumeclaims'],
  async validate(request, world) {
    const { object, oldObject, operation, subresource, resource } = request
    if (!object || !oldObject || operation !== 'UPDATE' || subresource !== undefined) return
    if (resourceName(resource) !== 'persistentvolumeclaims' || sizeOf(object) <= sizeOf(oldObject)) return
    if (fieldsOf(oldObject['status'])['phase'] !== 'Bound')
      throw refuse(request, 'Only bound persistent volume claims can be expanded')
    const [name, before] = [classOf(object), classOf(oldObject)]
    const found =
      name === '' || name !== before ? undefined : await find(world, 'storageclasses.storage.k8s.io', '', name)
    if (found?.['allowVolumeExpansion'] !== true)
      throw refuse(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
  },
}

const sizeOf = (claim: KubeObject): bigint =>
  nanoOf(fieldsOf(fieldsOf(fieldsOf(claim['spec'])['resources'])['requests'])['storage'])

const classOf = (claim: KubeObject): string =>
  claim.metadata.annotations?.[classAnnotation] ?? textOf(fieldsOf(claim['spec'])['storageClassName'])
