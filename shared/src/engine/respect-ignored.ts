import type { IgnoreDifference } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import type { DeletePaths } from './compare-types.ts'
import { ignorer, ignoreRules, ruleMatches } from './ignore.ts'
import { withoutManaged } from './managed-fields.ts'
import { isObject } from '../lang/json.ts'

export interface RespectInput {
  readonly ignoreDifferences: readonly IgnoreDifference[]
  readonly argocdCm: Readonly<Record<string, string>>
  readonly deletePaths?: DeletePaths | undefined
}

/**
 * `RespectIgnoreDifferences`: the target with the live object's values where comparison ignores them, so that a sync
 * leaves them as they are. Neither argument is changed.
 */
export function respectingIgnored(target: KubeObject, live: KubeObject, input: RespectInput): KubeObject {
  // The server writes the status; it is no part of what is applied, whatever comparison makes of it.
  const { status: _live, ...whole } = live as KubeObject & { status?: unknown }
  const rules = ignoreRules(input.ignoreDifferences, input.argocdCm).filter((rule) => ruleMatches(rule, target))
  const managers = rules.flatMap((rule) => rule.managedFieldsManagers ?? [])
  const ignore = ignorer(rules, input.deletePaths)
  const pair = withoutManaged(whole as KubeObject, target, managers)
  const compared = { live: ignore(pair.live), target: ignore(pair.target) }
  return restored(compared.target, whole, compared.live) as KubeObject
}

/** Puts back into `target` what `live` has and `compared` has not. */
function restored(target: unknown, live: unknown, compared: unknown): unknown {
  if (live === compared || deepEqual(live, compared)) return target
  if (isObject(live) && isObject(compared)) {
    const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
    for (const [name, value] of Object.entries(live)) {
      const next = name in compared ? restored(result[name], value, compared[name]) : value
      if (next !== undefined) result[name] = next
    }
    return result
  }
  if (Array.isArray(live) && Array.isArray(compared)) return restoredItems(target, live, compared)
  return live
}

/** Items are matched by their names, else by their places. */
function restoredItems(target: unknown, live: readonly unknown[], compared: readonly unknown[]): unknown {
  const result: unknown[] = Array.isArray(target) ? [...(target as unknown[])] : []
  live.forEach((item, index) => {
    const at = placeOf(result, item, index)
    const beside = compared[placeOf(compared, item, index)]
    if (beside === undefined) {
      if (at >= 0 && nameOf(item) !== undefined) result[at] = item
      else if (!result.some((other) => deepEqual(other, item))) result.push(item)
    } else if (at >= 0) result[at] = restored(result[at], item, beside)
  })
  return result
}

function placeOf(list: readonly unknown[], item: unknown, index: number): number {
  const name = nameOf(item)
  if (name !== undefined) return list.findIndex((other) => nameOf(other) === name)
  return index < list.length ? index : -1
}

function nameOf(item: unknown): unknown {
  return isObject(item) ? item['name'] : undefined
}
