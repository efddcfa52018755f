import type { KubeObject } from '../../../k8s/object.ts'
import type { Quantity } from '../../validation/quantity.ts'
import { fieldsOf } from '../../validation/values.ts'
import { amountsOf, masked, none, plus, printAmounts, type Amounts } from '../amounts.ts'
import type { Evaluator } from './evaluator.ts'
import { scopesOf } from './scopes.ts'

/** A write as quotas see it. */
export interface Charge {
  readonly operation: string
  readonly subresource: string | undefined
  readonly next: KubeObject
  readonly previous: KubeObject | undefined
  readonly now: number
}

/** What a quota says to a write: no, or what is used after it; neither where it has nothing to do with it. */
export interface Verdict {
  readonly refusal?: string
  readonly used?: Amounts
}

/** Whether a quota counts an object: some of its resources are of that kind, and the object is in all of its scopes. */
export function counts(quota: KubeObject, names: readonly string[], evaluator: Evaluator, object: KubeObject): boolean {
  if (evaluator.resources(names).length === 0) return false
  return scopesOf(fieldsOf(quota['spec'])).every(
    (requirement) => evaluator.matchesScope?.(requirement, object) ?? false,
  )
}

/** Decides a write by one quota, as its status stands. */
export function checkQuota(quota: KubeObject, evaluator: Evaluator, charge: Charge): Verdict {
  const name = quota.metadata.name ?? ''
  const status = fieldsOf(quota['status'])
  const hard = amountsOf(status['hard'])
  const used = amountsOf(status['used'])
  const names = [...hard.keys()]
  if (!counts(quota, names, evaluator, charge.next)) return {}
  const restricted = evaluator.resources(names)
  const missing = evaluator.missing?.(restricted, charge.next)
  if (missing !== undefined) return { refusal: `failed quota: ${name}: ${missing}` }
  if (!restricted.every((resource) => used.has(resource)))
    return { refusal: `status unknown for quota: ${name}, resources: ${restricted.sort().join(',')}` }
  const usage = evaluator.usage(charge.next, charge.now)
  const negative = [...usage].filter(([, quantity]) => quantity.nano < 0n).map(([resource]) => resource)
  if (negative.length > 0) return { refusal: `quota usage is negative for resource(s): ${negative.sort().join(',')}` }
  const before =
    charge.operation === 'UPDATE' && charge.previous && counts(quota, names, evaluator, charge.previous)
      ? evaluator.usage(charge.previous, charge.now)
      : new Map<string, Quantity>()
  const requested = masked(growth(usage, before), names)
  if (requested.size === 0) return {}
  const after = new Map(used)
  for (const [resource, quantity] of requested) after.set(resource, plus(used.get(resource) ?? none, quantity))
  const exceeded = [...requested.keys()].filter(
    (resource) => (after.get(resource)?.nano ?? 0n) > (hard.get(resource)?.nano ?? 0n),
  )
  if (exceeded.length > 0) {
    const [asked, held, limit] = [requested, used, hard].map((amounts) => printAmounts(masked(amounts, exceeded)))
    return { refusal: `exceeded quota: ${name}, requested: ${asked}, used: ${held}, limited: ${limit}` }
  }
  return { used: after }
}

/** What is used more than before; what became less counts as nothing. */
function growth(usage: Amounts, before: Amounts): Amounts {
  const more = [...usage].map(([name, quantity]): [string, Quantity] => [
    name,
    { ...quantity, nano: quantity.nano - (before.get(name)?.nano ?? 0n) },
  ])
  return new Map(more.filter(([, quantity]) => quantity.nano > 0n))
}
