import type { OperationState } from '@flotilla/shared/argo/application'
import { immutableAdvice } from '@flotilla/shared/engine/immutable-advice'
import type { Rim } from '../context.ts'

/**
 * What to do about objects that an operation could not change; to the error output, as what goes to the other one is
 * read by scripts.
 */
export function adviseOn(state: OperationState | undefined, rim: Rim): void {
  for (const { message } of immutableAdvice(state)) rim.err(`What to do: ${message}\n`)
}
