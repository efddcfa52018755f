import type { ApplicationSet, RolloutStep } from './types.ts'

/** Which applications each step has; `stepOf` counts from 0, and the first step that matches has the application. */
export interface Steps {
  readonly names: readonly (readonly string[])[]
  readonly stepOf: ReadonlyMap<string, number>
  /** What is wrong with the steps, the gravest first; undefined where nothing is. */
  problem(maxUpdates: ReadonlyMap<number, string>): string | undefined
}

interface Labelled {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Whether a set asks for its applications to be synced step by step. */
export function isRolling(set: ApplicationSet): boolean {
  return set.spec.strategy?.type === 'RollingSync' && set.spec.strategy.rollingSync !== undefined
}

/** The steps of a set's rollout. */
export function stepsOf(set: ApplicationSet): readonly RolloutStep[] {
  return set.spec.strategy?.rollingSync?.steps ?? []
}

/** Whether applications go one by one, those of the last step first, when the set is deleted. */
export function deletesInReverse(set: ApplicationSet): boolean {
  return isRolling(set) && stepsOf(set).length > 0 && set.spec.strategy?.deletionOrder?.toLowerCase() === 'reverse'
}

/** Sorts applications into steps by their labels. */
export function assignSteps(steps: readonly RolloutStep[], applications: readonly Labelled[]): Steps {
  const names = steps.map((): string[] => [])
  const stepOf = new Map<string, number>()
  const twice = new Map<string, number[]>()
  const operators: { readonly step: number; readonly operator: string }[] = []
  for (const { name, labels } of applications) {
    for (const [index, step] of steps.entries()) {
      const wrong = wrongOperator(step, labels)
      if (wrong !== undefined && !operators.some((each) => each.step === index && each.operator === wrong)) {
        operators.push({ step: index, operator: wrong })
      }
      if (wrong !== undefined || !matches(step, labels)) continue
      names[index]?.push(name)
      const first = stepOf.get(name)
      if (first === undefined) stepOf.set(name, index)
      else twice.set(name, [...(twice.get(name) ?? [first]), index])
    }
  }
  const problem = (maxUpdates: ReadonlyMap<number, string>): string | undefined =>
    operatorProblem(operators) ?? selectionProblem(twice) ?? maxUpdateProblem(maxUpdates) ?? emptyProblem(names)
  return { names, stepOf, problem }
}

function matches(step: RolloutStep, labels: Readonly<Record<string, string>>): boolean {
  return (step.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key]
    if (value === undefined) return operator !== 'In'
    return values.includes(value) === (operator === 'In')
  })
}

/** The first operator that nobody knows, of an expression that is reached and whose label is there. */
function wrongOperator(step: RolloutStep, labels: Readonly<Record<string, string>>): string | undefined {
  for (const expression of step.matchExpressions ?? []) {
    const { key, operator } = expression
    if (labels[key] !== undefined && operator !== 'In' && operator !== 'NotIn') return operator
    if (!matches({ matchExpressions: [expression] }, labels)) return undefined
  }
  return undefined
}

const plural = <T>(items: readonly T[], one: string, many: string): string => (items.length === 1 ? one : many)

function operatorProblem(found: readonly { step: number; operator: string }[]): string | undefined {
  if (found.length === 0) return undefined
  const steps = found.map(({ step }) => step + 1).join(', ')
  const operators = found.map(({ operator }) => operator).join(', ')
  const subject = plural(found, `Step ${steps} has`, `Steps ${steps} have`)
  return `${subject} invalid matchExpression operators: ${operators}. Supported Operators are 'In' and 'NotIn'`
}

function selectionProblem(twice: ReadonlyMap<string, readonly number[]>): string | undefined {
  if (twice.size === 0) return undefined
  const names = [...twice.keys()].toSorted()
  const steps = names.map((name) => (twice.get(name) ?? []).map((step) => step + 1).join('-'))
  return plural(
    names,
    `Application '${names[0] ?? ''}' is selected by multiple steps: (${steps[0] ?? ''})`,
    `Applications '${names.join("', '")}' are selected by multiple steps: [(${steps.join('), (')})]`,
  )
}

function maxUpdateProblem(wrong: ReadonlyMap<number, string>): string | undefined {
  if (wrong.size === 0) return undefined
  const steps = [...wrong.keys()].map((step) => step + 1)
  const values = [...wrong.values()].join(', ')
  return plural(
    steps,
    `Step ${steps.join(', ')} has an invalid maxUpdate value: ${values}`,
    `Steps ${steps.join(', ')} have invalid maxUpdate values: [${values}]`,
  )
}

function emptyProblem(names: readonly (readonly string[])[]): string | undefined {
  const empty = names.flatMap((each, index) => (each.length === 0 ? [index + 1] : []))
  return empty.length === 0 ? undefined : `Steps [${empty.join(' ')}] have no applications matching their criteria`
}
