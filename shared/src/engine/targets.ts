import type { Condition } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString } from '../k8s/ref.ts'
import type { CompareInput } from './compare-types.ts'
import { isHook, isIgnoredHook } from './hook-type.ts'
import { objectKey } from './object-key.ts'
import { resourceFilter } from './resource-filter.ts'
import { withTracking } from './tracking.ts'

export interface Targets {
  readonly targets: readonly KubeObject[]
  readonly hooks: readonly KubeObject[]
  readonly conditions: readonly Condition[]
  /** The digests of the manifests that targets were made of, where they are known. */
  readonly digests: ReadonlyMap<KubeObject, string>
}

/** The manifests as they would be applied: namespaces right, marked, each once, without what is excluded; hooks apart. */
export function prepareTargets(input: CompareInput): Targets {
  const { settings } = input
  const conditions: Condition[] = []
  const included = resourceFilter(settings.argocdCm, input.cluster ?? settings.cluster ?? settings.destination)
  const targets: KubeObject[] = []
  const hooks: KubeObject[] = []
  const digests = new Map<KubeObject, string>()
  for (const target of withoutRepeats(input, conditions, digests)) {
    const { group, kind } = gvkOf(target)
    if (!included(group, kind)) {
      const message = `Resource ${group}/${kind} ${target.metadata.name ?? ''} is excluded in the settings`
      conditions.push({ type: 'ExcludedResourceWarning', message })
    } else if (isIgnoredHook(target)) continue
    else if (isHook(target)) hooks.push(target)
    else targets.push(target)
  }
  return { targets, hooks, conditions, digests }
}

/** Of an object that comes twice the last one counts; objects whose name is generated are all different. */
function withoutRepeats(input: CompareInput, conditions: Condition[], digests: Map<KubeObject, string>): KubeObject[] {
  const last = new Map<string, KubeObject>()
  const repeats = new Map<string, number>()
  for (const [index, manifest] of input.manifests.entries()) {
    const target = prepare(manifest, input)
    const { name, generateName } = target.metadata
    const key =
      !name && generateName ? keyString({ ...keyOf(target), name: `${generateName}${index}` }) : objectKey(target)
    if (last.has(key)) repeats.set(key, (repeats.get(key) ?? 1) + 1)
    last.set(key, target)
    const digest = input.digests?.[index]
    if (digest !== undefined) digests.set(target, digest)
  }
  for (const key of repeats.size > 0 ? last.keys() : []) {
    const count = repeats.get(key)
    if (count === undefined) continue
    const message = `Resource ${key} appeared ${count} times among application resources.`
    conditions.push({ type: 'RepeatedResourceWarning', message })
  }
  return [...last.values()]
}

/** One manifest with its namespace and its tracking mark; kinds that are not served are taken to have a namespace. */
function prepare(manifest: KubeObject, { settings, kinds }: CompareInput): KubeObject {
  const { group, kind } = gvkOf(manifest)
  const namespaced = kinds.get(`${group}/${kind}`)?.namespaced ?? true
  const namespace = settings.destination.namespace ?? ''
  const marked = withTracking(withNamespace(manifest, namespaced, ''), settings.instance, namespace, settings)
  return withNamespace(marked, namespaced, namespace)
}

/** The object without a namespace where its kind has none, else with its own or the default one. */
function withNamespace(object: KubeObject, namespaced: boolean, fallback: string): KubeObject {
  const wanted = namespaced ? object.metadata.namespace || fallback : ''
  if ((object.metadata.namespace ?? '') === wanted) return object
  const metadata = { ...object.metadata }
  if (wanted === '') delete metadata.namespace
  else metadata.namespace = wanted
  return { ...object, metadata }
}
