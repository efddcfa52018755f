import { isMap } from '@flotilla/shared/gotemplate/values'
import { print } from '@flotilla/shared/gotemplate/values'
import { interpolate } from '../interpolate.ts'
import type { GenerateTools, GeneratorRun } from '../generate.ts'
import { GenerateError, type Generator, type Params } from '../types.ts'

interface MatrixGenerator {
  readonly generators?: readonly Generator[]
}

const refuse = (message: string): GenerateError => new GenerateError('ApplicationGenerationFromParamsError', message)

/** `matrix`: every combination of what two generators give; the second sees the parameters of the first. */
export const matrix: GeneratorRun<MatrixGenerator> = async ({ generators = [] }, tools) => {
  const [left, right, more] = generators
  if (!left || !right) throw refuse('found less than two generators, Matrix support only two')
  if (more) throw refuse('found more than two generators, Matrix support only two')
  const found: Params[] = []
  for (const a of await inner(left, tools, 'error failed to get params for first generator in matrix generator')) {
    const second = Object.keys(a).length > 0 ? interpolate(right, a, tools) : right
    const wrap = 'failed to get params for second generator in the matrix generator'
    for (const b of await inner(second, tools, wrap)) {
      found.push(tools.goTemplate ? mergeOver(b, a) : combine(a, b))
    }
  }
  return found
}

/** What one generator inside another gives; there must be exactly one. */
export async function inner(generator: Generator, tools: GenerateTools, wrap: string): Promise<Params[]> {
  const child = `${wrap}: child generator returned an error on parameter generation`
  const answers = await tools.runAll(generator).catch((error: unknown) => {
    if (!(error instanceof GenerateError)) throw error
    throw refuse(`${child}: ${error.message}`)
  })
  const [first, second] = answers
  if (!first) throw refuse(`${wrap}: child generator generated no parameters`)
  if (second) throw refuse(`${wrap}: found more than one generator in matrix.Generators`)
  return first
}

/** Flat parameters together; two values of one name contradict each other. */
function combine(a: Params, b: Params): Params {
  const result: Params = Object.fromEntries(Object.entries(a).map(([key, value]) => [key, print(value ?? null)]))
  for (const [key, value] of Object.entries(b)) {
    const text = print(value ?? null)
    const known = result[key]
    if (known !== undefined && known !== text) {
      const clash = `found duplicate key ${key} with different value, a: ${print(known)} ,b: ${text}`
      throw refuse(`failed to combine string maps with merging params for the matrix generator: ${clash}`)
    }
    result[key] = text
  }
  return result
}

/** Deep, the second winning where both say something. */
export function mergeOver(base: Params, over: Params): Params {
  const result: Params = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const own = result[key]
    result[key] = isMap(own) && isMap(value) ? mergeOver(own, value) : value
  }
  return result
}
