import type { Params } from '../types.ts'

/** Renders text with parameters. Another template language is another of these. */
export type RenderText = (text: string, params: Params) => string

/** Plain `{{ name }}`: known names are replaced, unknown ones stay as they are written. */
export const renderSimple: RenderText = (text, params) =>
  text.replaceAll(/\{\{(.*?)\}\}/gs, (whole, tag: string) => {
    const value = params[tag.trim()]
    return typeof value === 'string' ? value : whole
  })

/** Renders every text of a value, keys of maps too. */
export function renderDeep<T>(value: T, params: Params, render: RenderText): T {
  if (typeof value === 'string') return render(value, params) as T
  if (Array.isArray(value)) return value.map((item: unknown) => renderDeep(item, params, render)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [render(key, params), renderDeep(one, params, render)]),
  ) as T
}
