import { dictionary } from './dictionary.ts'
import { byKey } from './order.ts'

const escaped: Readonly<Record<string, string>> = dictionary({
  '<': String.raw`\u003c`,
  '>': String.raw`\u003e`,
  '&': String.raw`\u0026`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
})

/** JSON as Go writes it of a map: keys in order, and what HTML would misread escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(byKey))
      : each,
  ).replaceAll(/[<>&\u2028\u2029]/g, (char) => escaped[char] ?? char)
}
