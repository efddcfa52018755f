import { isMap, wrongType } from '@flotilla/shared/engine/health/go-json'
import type { GeneratorRun } from '../generate.ts'
import { GenerateError, type ListGenerator, type Params } from '../types.ts'

const notText = 'error parsing value as string %!w(<nil>)'

/** `list`: the elements as they stand; without Go templates each value is text. */
export const list: GeneratorRun<ListGenerator> = async (generator, { goTemplate, parseYaml }) => {
  const params = (generator.elements ?? []).map((element) =>
    goTemplate ? { ...(element as Params) } : flat(element as Params),
  )
  if (generator.elementsYaml) params.push(...elementsOf(parseYaml(generator.elementsYaml)))
  return params
}

/** What Go takes for a list of maps. */
function elementsOf(value: unknown): Params[] {
  const fail = (wrong: unknown, type: string): never => {
    const words = 'error unmarshling decoded ElementsYaml error unmarshaling JSON: while decoding JSON: '
    throw new GenerateError(
      'ApplicationGenerationFromParamsError',
      `${words}${wrongType(wrong, `value of type ${type}map[string]interface {}`)}`,
    )
  }
  if (value !== null && !Array.isArray(value)) return fail(value, '[]')
  return (value ?? []).map((element: unknown) => (isMap(element ?? {}) ? (element ?? {}) : fail(element, '')) as Params)
}

function flat(element: Params): Params {
  const params: Params = {}
  for (const [key, value] of Object.entries(element)) {
    if (key === 'values') {
      if (typeof value !== 'object' || value === null)
        throw new GenerateError('ApplicationGenerationFromParamsError', 'error parsing values map')
      for (const [name, one] of Object.entries(value)) {
        if (typeof one !== 'string') throw new GenerateError('ApplicationGenerationFromParamsError', notText)
        params[`values.${name}`] = one
      }
    } else {
      if (typeof value !== 'string') throw new GenerateError('ApplicationGenerationFromParamsError', notText)
      params[key] = value
    }
  }
  return params
}
