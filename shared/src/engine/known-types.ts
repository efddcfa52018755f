import { load } from 'js-yaml'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keptBy } from '../lang/kept-by.ts'
import { encoded } from './scheme/remarshal.ts'
import { namedType, type SchemeType } from './scheme/types.ts'

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
  const fields = new Map<string, KnownField[]>()
  const add = (key: string, value: unknown): void => {
    fields.set(key, [...(fields.get(key) ?? []), ...readFields(value)])
  }
  const map: unknown = argocdCm['resource.customizations'] ? load(argocdCm['resource.customizations']) : {}
  for (const [key, value] of Object.entries(isFields(map) ? map : {})) {
    if (isFields(value) && value['knownTypeFields']) add(key, value['knownTypeFields'])
  }
  for (const [key, text] of Object.entries(argocdCm)) {
    if (key.startsWith(prefix)) add(key.slice(prefix.length).replace(/_(?=[^_]*$)/, '/'), load(text))
  }
  // Rollouts are known unless the settings know better.
  if (!fields.has(rollout)) add(rollout, [{ field: 'spec.template.spec', type: 'core/v1/PodSpec' }])
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

function readFields(value: unknown): KnownField[] {
  const found: KnownField[] = []
  for (const entry of Array.isArray(value) ? value : []) {
    if (!isFields(entry) || typeof entry['field'] !== 'string' || typeof entry['type'] !== 'string') continue
    const type = namedType(entry['type'])
    if (type) found.push({ path: entry['field'].split('.'), type })
  }
  return found
}

/** Follows a path, through every object of a list on its way. What the type lacks goes, what it always has comes. */
function rewrite(value: unknown, path: readonly string[], type: SchemeType, faults: unknown[]): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      isFields(item) && faults.length === 0 ? rewrite(item, path, type, faults) : item,
    )
  }
  const [step, ...rest] = path
  if (step === undefined) {
    const written = encoded(value, type, { lenient: true, complete: true })
    if (written === undefined) faults.push(value)
    return written ?? value
  }
  if (!isFields(value) || !(step in value)) return value
  return { ...value, [step]: rewrite(value[step], rest, type, faults) }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
