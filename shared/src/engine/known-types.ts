import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keptBy } from '../lang/kept-by.ts'
import { resourceOverrides, type KnownTypeField } from './overrides.ts'
import { encoded } from './scheme/remarshal.ts'
import { namedType, type SchemeType } from './scheme/types.ts'
import { isObject } from '../lang/json.ts'

interface KnownField {
  readonly path: readonly string[]
  readonly type: SchemeType
}

const rollout = 'argoproj.io/Rollout'
const prefix = 'resource.customizations.knownTypeFields.'

/** Writes fields of custom resources as Kubernetes writes its own types, where the settings say of which type a field is. */
export const knownTypeNormalizer = keptBy(readKnownTypes)

/** Whether the settings themselves say of which type fields are. */
export const namesKnownTypes = keptBy((argocdCm: Readonly<Record<string, string>>): boolean =>
  Object.keys(argocdCm).some((key) => key.startsWith(prefix) || key === 'resource.customizations'),
)

function readKnownTypes(argocdCm: Readonly<Record<string, string>>): (object: KubeObject) => KubeObject {
  const fields = new Map<string, readonly KnownField[]>()
  for (const [key, { knownTypeFields = [] }] of resourceOverrides(argocdCm)) {
    if (knownTypeFields.length > 0) fields.set(key, readFields(knownTypeFields))
  }
  // Rollouts are known unless the settings know better.
  if (!fields.has(rollout)) fields.set(rollout, readFields([{ field: 'spec.template.spec', type: 'core/v1/PodSpec' }]))
  return (object) => {
    const { group, kind } = gvkOf(object)
    const known = fields.get(group === '' ? kind : `${group}/${kind}`)
    if (!known) return object
    let result = object
    for (const { path, type } of known) {
      const faults: unknown[] = []
      result = rewrite(result, path, type, faults) as KubeObject
      // After a value that is not of its type the others stay as they are.
      if (faults.length > 0) break
    }
    return result
  }
}

function readFields(known: readonly KnownTypeField[]): readonly KnownField[] {
  return known.flatMap(({ field, type: name }) => {
    const type = namedType(name)
    return type ? [{ path: field.split('.'), type }] : []
  })
}

/** Follows a path, through every object of a list on its way. What the type lacks goes, what it always has comes. */
function rewrite(value: unknown, path: readonly string[], type: SchemeType, faults: unknown[]): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      isObject(item) && faults.length === 0 ? rewrite(item, path, type, faults) : item,
    )
  }
  const [step, ...rest] = path
  if (step === undefined) {
    const written = encoded(value, type, { lenient: true, complete: true })
    if (written === undefined) faults.push(value)
    return written ?? value
  }
  if (!isObject(value) || !(step in value)) return value
  return { ...value, [step]: rewrite(value[step], rest, type, faults) }
}
