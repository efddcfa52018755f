import type { GenerateTools } from './generate.ts'
import { GenerateError, type Params } from './types.ts'

/** Adds a generator's `values`, each rendered with the parameters beside it; they cannot see one another. */
export function withValues(
  params: Params,
  values: Record<string, string> | undefined,
  tools: Pick<GenerateTools, 'goTemplate' | 'render'>,
  /** What is said before why it failed. */
  failed: string,
): Params {
  if (!values || Object.keys(values).length === 0) return params
  const rendered = (text: string): string => {
    try {
      return tools.render(text, params)
    } catch (error) {
      if (!(error instanceof GenerateError)) throw error
      const how = 'failed to replace templated string: failed to replace templated string with rendered values'
      throw new GenerateError('ApplicationGenerationFromParamsError', `${failed}: ${how}: ${error.message}`, {
        cause: error.cause,
      })
    }
  }
  const found = Object.entries(values).map(([key, text]) => [key, rendered(text)] as const)
  if (tools.goTemplate) return { ...params, values: Object.fromEntries(found) }
  return { ...params, ...Object.fromEntries(found.map(([key, text]) => [`values.${key}`, text])) }
}
