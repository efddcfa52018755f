import type { KubeObject } from '../../../k8s/object.ts'
import { fieldsOf } from '../../validation/values.ts'
import type { Quantity } from '../../validation/quantity.ts'
import { addTo, amountsOf, masked, none, writeAmounts } from '../amounts.ts'
import { counts } from './check.ts'
import { evaluatorOf } from './evaluator.ts'

/** The resources (`plural.group`) whose objects a quota with these names counts, among `known`. */
export function countedResources(names: readonly string[], known: readonly string[]): string[] {
  return known.filter((resource) => (evaluatorOf(resource)?.resources(names).length ?? 0) > 0)
}

/** What a quota's status should say: its limits, and what the objects of its namespace use of them. */
export function recount(
  quota: KubeObject,
  known: readonly string[],
  list: (resource: string) => readonly KubeObject[],
  now: number,
): { readonly hard: Record<string, string>; readonly used: Record<string, string> } {
  const hard = amountsOf(fieldsOf(quota['spec'])['hard'])
  const names = [...hard.keys()]
  const used = new Map<string, Quantity>()
  for (const resource of countedResources(names, known)) {
    const evaluator = evaluatorOf(resource)
    if (!evaluator) continue
    for (const name of evaluator.resources(names)) if (!used.has(name)) used.set(name, none)
    for (const object of list(resource))
      if (counts(quota, names, evaluator, object)) addTo(used, masked(evaluator.usage(object, now), names))
  }
  return { hard: writeAmounts(hard), used: writeAmounts(used) }
}
