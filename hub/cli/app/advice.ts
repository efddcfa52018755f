import type { OperationState } from '@flotilla/shared/argo/application'
import { immutableAdvice } from '@flotilla/shared/engine/immutable-advice'
import type { Rim } from '../context.ts'

/**
 * What to do about objects that an operation could not change, and whatever else the hub advises; to the error output, as what goes to the other one is
 * read by scripts.
 */
export function adviseOn(
  state: OperationState | undefined,
  rim: Rim,
  given?: readonly { readonly message: string }[],
): void {
  for (const { message } of given ?? immutableAdvice(state)) rim.err(`What to do: ${message}\n`)
}
