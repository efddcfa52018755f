import type { GeneratorRun } from '../generate.ts'
import { GenerateError, type Generator, type Params } from '../types.ts'
import { inner, mergeOver } from './matrix.ts'

interface MergeGenerator {
  readonly generators?: readonly Generator[]
  readonly mergeKeys?: readonly string[]
}

const refuse = (message: string): GenerateError => new GenerateError('ApplicationGenerationFromParamsError', message)

/** `merge`: what the first generator gives, written over by the others where the merge keys agree. */
export const merge: GeneratorRun<MergeGenerator> = async ({ generators = [], mergeKeys = [] }, tools) => {
  if (generators.length < 2) throw refuse('found less than two generators, Merge requires two or more')
  const answers: Params[][] = []
  for (const [index, generator] of generators.entries()) {
    const wrap = `error getting param sets from generators: error getting params from generator ${index + 1} of ${generators.length}`
    answers.push(await inner(generator, tools, wrap))
  }
  const [base = [], ...others] = answers
  const result = byKey(base, mergeKeys)
  for (const other of others) {
    for (const [key, params] of byKey(other, mergeKeys)) {
      const known = result.get(key)
      if (known) result.set(key, tools.goTemplate ? mergeOver(known, params) : { ...known, ...params })
    }
  }
  return [...result.values()]
}

function byKey(sets: readonly Params[], mergeKeys: readonly string[]): Map<string, Params> {
  const wrap = 'error getting param sets by merge key: '
  if (mergeKeys.length === 0) throw refuse(`${wrap}no merge keys were specified, Merge requires at least one`)
  const found = new Map<string, Params>()
  for (const params of sets) {
    const keys = [...new Set(mergeKeys)].toSorted()
    const key = JSON.stringify(Object.fromEntries(keys.map((name) => [name, params[name] ?? null])))
    if (found.has(key)) {
      const unique =
        'the parameters from a generator were not unique by the given mergeKeys, Merge requires all param sets to be unique'
      throw refuse(`${wrap}${unique}. Duplicate key was ${key}`)
    }
    found.set(key, params)
  }
  return found
}
