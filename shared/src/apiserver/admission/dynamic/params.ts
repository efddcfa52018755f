import type { KubeObject } from '../../../k8s/object.ts'
import { resourceName, type Resource } from '../../resource.ts'
import { selectorMatches } from '../../validation/labels.ts'
import { fieldsOf, textOf } from '../../validation/values.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { find, listOf } from '../reads.ts'
import { convert } from './target.ts'

/**
 * The objects by which a binding parametrises its policy; one `undefined` where it uses none. Throws an `Error` where they
 * cannot be had and the binding does not allow that.
 */
export async function collectParams(
  resource: Resource | undefined,
  paramRef: unknown,
  namespace: string,
  world: AdmissionWorld,
): Promise<readonly (KubeObject | undefined)[]> {
  if (resource === undefined || paramRef === undefined) return [undefined]
  const ref = fieldsOf(paramRef)
  const own = textOf(ref['namespace'])
  if (own !== '' && !resource.namespaced)
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const where = resource.namespaced ? own || namespace : ''
  if (resource.namespaced && where === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  const params = await select(ref, resource, where, world)
  if (params.length === 0 && ref['parameterNotFoundAction'] === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
  return params
}

/** The resource of a policy's parameters; undefined where it takes none. Throws an `Error` where it is not served. */
export function paramResource(paramKind: unknown, world: AdmissionWorld): Resource | undefined {
  if (paramKind === undefined) return undefined
  const { apiVersion, kind } = fieldsOf(paramKind)
  const [first = '', second] = textOf(apiVersion).split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  const found = world.resources.byKind(group, version, textOf(kind))
  if (!found)
    throw new Error(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${textOf(kind)}'`)
  return found
}

async function select(
  ref: Readonly<Record<string, unknown>>,
  resource: Resource,
  namespace: string,
  world: AdmissionWorld,
): Promise<KubeObject[]> {
  const name = textOf(ref['name'])
  const storage = resourceName(resource)
  const shown = (object: KubeObject): KubeObject =>
    convert(resource, resource, resource.fromStorage?.(object) ?? object)
  if (name !== '') {
    const found = await find(world, storage, namespace, name)
    return found ? [shown(found)] : []
  }
  const all = await listOf(world, storage, resource.namespaced ? namespace : undefined)
  return all.filter((object) => selectorMatches(ref['selector'], object.metadata.labels) === true).map(shown)
}
