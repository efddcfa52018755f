/** A parameter as a number: whatever a user may type for one; anything else is an error in Argo CD's words. */
export function parameterNumber(text: string | undefined): number {
  const trimmed = (text ?? '').trim()
  const value = trimmed === '' ? Number.NaN : Number(trimmed)
  if (!Number.isFinite(value)) throw new Error(`invalid number: ${text ?? ''}`)
  return value
}
