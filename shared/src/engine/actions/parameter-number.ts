import { join, numeric } from '../health/custom/strict.ts'

/** A parameter as a number: whatever a user may type for one; anything else is an error in Argo CD's words. */
export function parameterNumber(text: string | undefined): number {
  const value = numeric(text)
  if (value === undefined || !Number.isFinite(value)) throw new Error(join(5, 'invalid number: ', text))
  return value
}
