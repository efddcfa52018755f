import { renderDeep } from './template/simple.ts'
import type { GenerateTools } from './generate.ts'
import { GenerateError, type Generator, type Params } from './types.ts'

/**
 * The second generator of a matrix with the parameters of the first in place. `values` may speak of what only the second
 * gives: such a value is left for later.
 */
export function interpolate(generator: Generator, params: Params, tools: GenerateTools): Generator {
  const result: Generator = {}
  for (const [kind, body] of Object.entries(generator)) {
    if (typeof body !== 'object' || body === null) {
      result[kind] = body
      continue
    }
    const { values, ...rest } = body as { values?: Record<string, string> }
    const rendered = kind === 'selector' ? body : guarded(kind, () => renderDeep(rest, params, tools.render))
    result[kind] =
      values && kind !== 'selector' ? { ...(rendered as object), values: early(values, params, tools) } : rendered
  }
  return result
}

const second = 'failed to get params for second generator in the matrix generator'

/** Values of any kind are JSON in Argo CD, which it tells. */
function guarded<T>(kind: string, render: () => T): T {
  try {
    return render()
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error
    const where = kind === 'list' || kind === 'plugin' ? 'failed to deeply replace JSON field contents: ' : ''
    const message = `child generator returned an error on parameter generation: failed to replace parameters in generator: ${where}${error.message}`
    throw new GenerateError('ApplicationGenerationFromParamsError', `${second}: ${message}`)
  }
}

function early(values: Record<string, string>, params: Params, tools: GenerateTools): Record<string, string> {
  const render = (text: string): string => {
    try {
      return tools.renderStrict(text, params)
    } catch (error) {
      if (error instanceof GenerateError && /map has no entry for key|can't evaluate field/.test(error.message))
        return text
      throw error
    }
  }
  return Object.fromEntries(Object.entries(values).map(([key, text]) => [key, render(text)]))
}
