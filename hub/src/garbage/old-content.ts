import type { Clock } from '@flotilla/shared/lang/clock'

/** Often enough that a day of commits is the most that is kept for nothing. */
const every = 60 * 60 * 1000

export interface OldContentOptions {
  readonly book: { collect(): Promise<number> }
  readonly clock: Clock
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** Has the bundles and manifests of past commits deleted, hour by hour. The answer stops it. */
export function collectOldContent({ book, clock, log }: OldContentOptions): () => void {
  let stopped = false
  let cancel: () => void = () => undefined
  const round = async (): Promise<void> => {
    try {
      const gone = await book.collect()
      if (gone > 0) log.info({ gone }, 'content that nothing refers to was deleted')
    } catch (error) {
      log.warn({ error: String(error) }, 'old content could not be deleted')
    }
  }
  const again = (): void => {
    if (!stopped) cancel = clock.after(every, () => void round().finally(again))
  }
  again()
  return () => {
    stopped = true
    cancel()
  }
}
