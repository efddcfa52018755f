const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** RFC 3339 in UTC with whole seconds, as `metav1.Time` is written; undefined where the text is no time. */
export function canonicalTime(text: string): string | undefined {
  if (!pattern.test(text)) return undefined
  if (text.length === 20) return text
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : formatTime(date.getTime())
}

/** RFC 3339 in UTC with six digits of a second, as `metav1.MicroTime` is written. */
export function canonicalMicroTime(text: string): string | undefined {
  const match = pattern.exec(text)
  const date = new Date(text)
  if (!match || Number.isNaN(date.getTime())) return undefined
  return `${date.toISOString().slice(0, 19)}.${(match[7] ?? '.').slice(1).padEnd(6, '0').slice(0, 6)}Z`
}

/** RFC 3339 in UTC with whole seconds. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
