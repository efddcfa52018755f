import { notFound } from '../errors.ts'
import { resourceName } from '../resource.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { find } from './reads.ts'
import { refuse } from './refusal.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

/** Keeps the namespaces that must be there, and lets nothing change where none is. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  async admit(request, world) {
    const { operation, resource, namespace, name } = request
    if (resourceName(resource) === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(name)) throw refuse(request, 'this namespace may not be deleted')
      return
    }
    // Objects can always go; creation is held to its namespace where its name is made.
    if (operation === 'DELETE' || operation === 'CREATE' || !resource.namespaced) return
    if (!world.resources.get('', 'v1', 'namespaces')) return
    if (!(await find(world, 'namespaces', '', namespace)))
      throw notFound({ group: '', plural: 'namespaces' }, namespace)
  },
}
