import { GenerateError, type LabelSelector, type Params } from './types.ts'

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
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        default:
          return value === undefined
      }
    })
  )
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
