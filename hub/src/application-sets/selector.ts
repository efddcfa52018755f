import { labelValue, qualifiedName } from '@flotilla/shared/apiserver/validation/names'
import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { GenerateError, type Params } from './types.ts'

/** Whether labels (or flat parameters) meet a selector that has been checked. */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selects(selector, labels)
}

/** Refuses a selector of parameters that cannot be; values may be anything, so that clusters can be selected by URL. */
export function checkParamSelector(selector: LabelSelector): void {
  const problem = selectorProblem(selector, 'pod selector', false)
  if (problem !== undefined) throw refused(`error parsing label selector: ${problem}`)
}

/** Refuses a selector of clusters by their labels. */
export function checkClusterSelector(selector: LabelSelector): void {
  const problem = selectorProblem(selector, 'label selector', true)
  if (problem !== undefined) {
    throw refused(`error getting cluster secrets: error converting label selector: ${problem}`)
  }
}

function refused(message: string): GenerateError {
  return new GenerateError('ApplicationGenerationFromParamsError', message)
}

function selectorProblem(selector: LabelSelector, what: string, checksValues: boolean): string | undefined {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const problem = requirementProblem(key, [value], checksValues)
    if (problem !== undefined) return problem
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const isSet = operator === 'In' || operator === 'NotIn'
    if (!isSet && operator !== 'Exists' && operator !== 'DoesNotExist') {
      return `${JSON.stringify(operator)} is not a valid ${what} operator`
    }
    const keyProblem = requirementProblem(key, [], checksValues)
    if (keyProblem !== undefined) return keyProblem
    if (isSet && values.length === 0) {
      return `values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`
    }
    if (!isSet && values.length > 0) {
      return `values: Invalid value: ${JSON.stringify(values)}: values set must be empty for exists and does not exist`
    }
    const problem = requirementProblem(key, values, checksValues)
    if (problem !== undefined) return problem
  }
  return undefined
}

function requirementProblem(key: string, values: readonly string[], checksValues: boolean): string | undefined {
  const wrong = qualifiedName(key)
  if (wrong.length > 0) return `key: Invalid value: ${JSON.stringify(key)}: ${wrong.join('; ')}`
  for (const [index, value] of (checksValues ? values : []).entries()) {
    const why = labelValue(value)
    if (why.length > 0) return `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${why.join('; ')}`
  }
  return undefined
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
