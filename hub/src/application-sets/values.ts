import type { GenerateTools } from './generate.ts'
import type { Params } from './types.ts'

/** Adds a generator's `values`, each rendered with the parameters beside it; they cannot see one another. */
export function withValues(
  params: Params,
  values: Record<string, string> | undefined,
  tools: Pick<GenerateTools, 'goTemplate' | 'render'>,
): Params {
  if (!values || Object.keys(values).length === 0) return params
  const rendered = Object.entries(values).map(([key, text]) => [key, tools.render(text, params)] as const)
  if (tools.goTemplate) return { ...params, values: Object.fromEntries(rendered) }
  return { ...params, ...Object.fromEntries(rendered.map(([key, text]) => [`values.${key}`, text])) }
}
