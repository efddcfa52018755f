import { printGo } from './go-print.ts'
import { unifiedDiff } from './unified-diff.ts'

/** The difference of two values of a Go struct, as messages show it. */
export function diffGo(struct: string, before: unknown, after: unknown): string {
  const text = (value: unknown): string => JSON.stringify(printGo(struct, value), undefined, 1)
  return unifiedDiff(text(before), text(after))
}
