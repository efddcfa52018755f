import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { GenerateError, type Params } from './types.ts'

/** Whether labels (or flat parameters) meet a selector. Throws on an operator that there is not. */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const { operator } of selector.matchExpressions ?? []) {
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) {
      throw new GenerateError(
        'ApplicationGenerationFromParamsError',
        `error parsing label selector: "${operator}" is not a valid pod selector operator`,
      )
    }
  }
  return selects(selector, labels)
}

/** Parameters as flat text: `a.b.0`, for selectors. */
export function flatten(params: Params, prefix = ''): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [key, value] of Object.entries(params)) {
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (typeof value === 'object' && value !== null) {
      const inner = Object.entries(value)
      if (inner.length === 0) out[name] = Array.isArray(value) ? '[]' : 'map[]'
      else Object.assign(out, flatten(Object.fromEntries(inner), name))
    } else out[name] = value === null || value === undefined ? '<nil>' : `${value as string | number | boolean}`
  }
  return out
}
