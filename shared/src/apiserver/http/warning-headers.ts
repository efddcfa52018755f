import type { ServerResponse } from 'node:http'

/** Warnings as headers: `299 - "text"`. */
function warningHeaders(warnings: readonly string[]): string[] {
  return [...new Set(warnings)].map((text) => `299 - "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
}

/** Puts warnings on an answer, where there are any. */
export function warn(response: ServerResponse, warnings: readonly string[] = []): void {
  if (warnings.length > 0) response.setHeader('warning', warningHeaders(warnings))
}
