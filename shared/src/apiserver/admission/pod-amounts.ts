import { fieldsList, fieldsOf, type Fields } from '../validation/values.ts'
import type { Quantity } from '../validation/quantity.ts'
import { addTo, amountsOf, raiseTo, type Amounts } from './amounts.ts'

/** What may be said of a pod as a whole. */
const podLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

/**
 * What a pod asks for (`requests`) or may use (`limits`): its containers together, or its init containers one by one if
 * that is more; init containers that keep running count all along. What the pod says as a whole comes before both.
 */
export function podAmounts(spec: Fields, kind: 'requests' | 'limits'): Map<string, Quantity> {
  const of = (container: Fields): Amounts => amountsOf(fieldsOf(container['resources'])[kind])
  const total = new Map<string, Quantity>()
  for (const container of fieldsList(spec['containers'])) addTo(total, of(container))
  const sidecars = new Map<string, Quantity>()
  const most = new Map<string, Quantity>()
  for (const container of fieldsList(spec['initContainers'])) {
    if (container['restartPolicy'] === 'Always') {
      addTo(total, of(container))
      addTo(sidecars, of(container))
      raiseTo(most, sidecars)
    } else {
      const beside = new Map(of(container))
      addTo(beside, sidecars)
      raiseTo(most, beside)
    }
  }
  raiseTo(total, most)
  for (const [name, quantity] of amountsOf(fieldsOf(spec['resources'])[kind]))
    if (podLevel(name)) total.set(name, quantity)
  return total
}

/** The same with the overhead of the pod's runtime class. */
export function podAmountsWithOverhead(spec: Fields, kind: 'requests' | 'limits'): Map<string, Quantity> {
  const total = podAmounts(spec, kind)
  for (const [name, quantity] of amountsOf(spec['overhead'])) {
    // A limit that is not there stays unlimited.
    if (kind === 'limits' && !total.has(name)) continue
    addTo(total, new Map([[name, quantity]]))
  }
  return total
}

/** Whether the pod says as a whole what it needs. */
export function isPodLevel(spec: Fields): boolean {
  const { requests, limits } = fieldsOf(spec['resources'])
  return [...Object.keys(fieldsOf(requests)), ...Object.keys(fieldsOf(limits))].some(podLevel)
}
