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

/** The oracles of the evaluations that go on: expressions hold theirs by number, since CEL values are plain. */
export class AccessOracles {
  readonly #open = new Map<string, AccessOracle>()
  #last = 0

  /** Calls `use` with an oracle of its own. */
  async with<T>(use: (oracle: AccessOracle, id: string) => Promise<T>): Promise<T> {
    const id = String((this.#last += 1))
    const oracle = new AccessOracle()
    this.#open.set(id, oracle)
    try {
      return await use(oracle, id)
    } finally {
      this.#open.delete(id)
    }
  }

  get(id: string): AccessOracle {
    const oracle = this.#open.get(id)
    if (!oracle) throw new Error('no such overload')
    return oracle
  }
}

interface Part {
  readonly oracle: string
  readonly question: Partial<AccessQuestion>
}

/** The `authorizer` variable, with what is already said of the question. */
export const authorizerValue = (oracle: string, question: Partial<AccessQuestion> = {}): Map<string, CelInput> =>
  new Map([[key, JSON.stringify({ oracle, question })]])

function partOf(value: unknown): Part {
  const text = isCelMap(value) ? value.get(key) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return JSON.parse(text) as Part
}

const step = (name: string, add: (text: string) => Partial<AccessQuestion>): CelFunc =>
  celMethod(name, DYN, [STRING], DYN, function next(this: unknown, text) {
    const { oracle, question } = partOf(this)
    return authorizerValue(oracle, { ...question, ...add(text) })
  })

const decision = '@decision'

function answerOf(value: unknown): AccessAnswer {
  const text = isCelMap(value) ? value.get(decision) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return JSON.parse(text) as AccessAnswer
}

/** `authorizer.group('apps').resource('deployments').namespace('x').check('get').allowed()`, and the like. */
export function authorizerFunctions(oracles: AccessOracles): CelFunc[] {
  return [
    step('path', (path) => ({ path })),
    step('group', (group) => ({ group })),
    step('resource', (resource) => ({ resource })),
    step('subresource', (subresource) => ({ subresource })),
    step('namespace', (namespace) => ({ namespace })),
    step('name', (name) => ({ name })),
    celMethod('serviceAccount', DYN, [STRING, STRING], DYN, function as(this: unknown, namespace, name) {
      const { oracle, question } = partOf(this)
      return authorizerValue(oracle, { ...question, user: `system:serviceaccount:${namespace}:${name}` })
    }),
    celMethod('check', DYN, [STRING], DYN, function check(this: unknown, verb) {
      const { oracle, question } = partOf(this)
      return new Map([[decision, JSON.stringify(oracles.get(oracle).ask({ ...question, verb }))]])
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
