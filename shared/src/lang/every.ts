import type { Clock } from './clock.ts'

/**
 * Does something again and again: `ms` after the call, then `ms` after each end, so that it never overtakes itself.
 * What goes wrong is told to `failed`, and the next turn comes all the same. The answer stops it.
 */
export function every(
  clock: Clock,
  ms: number,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): () => void {
  let stopped = false
  let cancel: () => void = () => undefined
  const again = (): void => {
    if (!stopped) cancel = clock.after(ms, () => void work().catch(failed).finally(again))
  }
  again()
  return () => {
    stopped = true
    cancel()
  }
}
