import type { Clock } from '@flotilla/shared/lang/clock'
import { every } from '@flotilla/shared/lang/every'

/** Often enough that a day of commits is the most that is kept for nothing. */
const anHour = 60 * 60 * 1000

export interface OldContentOptions {
  readonly book: { collect(): Promise<number> }
  readonly clock: Clock
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** Has the bundles and manifests of past commits deleted, hour by hour. The answer stops it. */
export function collectOldContent({ book, clock, log }: OldContentOptions): () => void {
  const round = async (): Promise<void> => {
    const gone = await book.collect()
    if (gone > 0) log.info({ gone }, 'content that nothing refers to was deleted')
  }
  return every(clock, anHour, round, (error) => log.warn({ error: String(error) }, 'old content could not be deleted'))
}
