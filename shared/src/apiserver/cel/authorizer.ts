import { CelScalar, celMethod, isCelMap, type CelFunc, type CelInput } from '@bufbuild/cel'

const { BOOL, DYN, STRING } = CelScalar
const key = '@authorizer'

/** A question to the authorizer, as an expression puts it together. */
export interface AccessQuestion {
  readonly user?: string
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly verb: string
}

export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
}

/** Answers known so far; what is asked beside is noted, to be answered before the expression is evaluated again. */
export class AccessOracle {
  readonly #answers = new Map<string, AccessAnswer>()
  readonly #open = new Map<string, AccessQuestion>()

  /** Questions that came up without an answer; asked for once. */
  takeOpen(): readonly AccessQuestion[] {
    const open = [...this.#open.values()]
    this.#open.clear()
    return open
  }

  tell(question: AccessQuestion, answer: AccessAnswer): void {
    this.#answers.set(JSON.stringify(question), answer)
  }

  ask(question: AccessQuestion): AccessAnswer {
    const known = this.#answers.get(JSON.stringify(question))
    if (known) return known
    this.#open.set(JSON.stringify(question), question)
    throw new Error('the authorizer was not asked yet')
  }
}

/** The `authorizer` variable, with what is already said of the question. */
export const authorizerValue = (question: Partial<AccessQuestion> = {}): CelInput =>
  new Map([[key, JSON.stringify(question)]])

function partOf(value: unknown): Partial<AccessQuestion> {
  const text = isCelMap(value) ? value.get(key) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return JSON.parse(text) as Partial<AccessQuestion>
}

const step = (name: string, add: (text: string) => Partial<AccessQuestion>): CelFunc =>
  celMethod(name, DYN, [STRING], DYN, function next(this: unknown, text) {
    return authorizerValue({ ...partOf(this), ...add(text) })
  })

const decision = '@decision'

function answerOf(value: unknown): AccessAnswer {
  const text = isCelMap(value) ? value.get(decision) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return JSON.parse(text) as AccessAnswer
}

/** `authorizer.group('apps').resource('deployments').namespace('x').check('get').allowed()`, and the like. */
export function authorizerFunctions(oracle: AccessOracle): CelFunc[] {
  return [
    step('path', (path) => ({ path })),
    step('group', (group) => ({ group })),
    step('resource', (resource) => ({ resource })),
    step('subresource', (subresource) => ({ subresource })),
    step('namespace', (namespace) => ({ namespace })),
    step('name', (name) => ({ name })),
    celMethod('serviceAccount', DYN, [STRING, STRING], DYN, function as(this: unknown, namespace, name) {
      return authorizerValue({ ...partOf(this), user: `system:serviceaccount:${namespace}:${name}` })
    }),
    celMethod('check', DYN, [STRING], DYN, function check(this: unknown, verb) {
      return new Map([[decision, JSON.stringify(oracle.ask({ ...partOf(this), verb }))]])
    }),
    celMethod('allowed', DYN, [], BOOL, function allowed(this: unknown) {
      return answerOf(this).allowed
    }),
    celMethod('reason', DYN, [], STRING, function reason(this: unknown) {
      return answerOf(this).reason
    }),
    celMethod('errored', DYN, [], BOOL, () => false),
    celMethod('error', DYN, [], STRING, () => ''),
  ]
}
