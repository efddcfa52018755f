import { resourcesOf } from '../apiserver/crd/resources.ts'
import { validateValue } from '../apiserver/crd/validate.ts'
import type { Resource } from '../apiserver/resource.ts'
import { fieldsList, fieldsOf } from '../apiserver/validation/values.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { argoCrds } from './crds.ts'

/** The kinds of Argo CD as the hub serves them: as their definitions say, so that what is wrong is refused where it is written. */
export const argoResources: readonly Resource[] = argoCrds.flatMap(resourcesOf)

/** Why a stored object is not as the definition of its kind says; undefined where it is. */
export function misfit(object: KubeObject): string | undefined {
  const { kind, version } = gvkOf(object)
  const spec = argoCrds.map((crd) => fieldsOf(crd['spec'])).find(({ names }) => fieldsOf(names)['kind'] === kind)
  const served = fieldsList(spec?.['versions']).find(({ name }) => name === version)
  if (!served) return `${version} ${kind} is no kind of Argo CD`
  const schema = fieldsOf(fieldsOf(served['schema'])['openAPIV3Schema'])
  const [first] = validateValue(schema, object, '')
  return first && `${first.field}: ${first.message}`
}
