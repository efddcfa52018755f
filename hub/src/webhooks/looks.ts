import type { Clock } from '@flotilla/shared/lang/clock'
import { sleep } from '@flotilla/shared/lang/rest'
import type { Push } from './push.ts'

/** A repository is asked so often at the most, however many pushes are told. */
const intervalMs = 1_000
/** Who changes more files than this changes everything. */
const mostFiles = 10_000

/** Looks at a repository because of these pushes. */
export type Look = (url: string, pushes: readonly Push[]) => Promise<void>

/**
 * Follows each push by a look that begins after it: at once where all is quiet, else with whatever else was told until the
 * next one is due.
 */
export function createLooks(clock: Clock, look: Look): (url: string, push: Push) => void {
  const waiting = new Map<string, Map<string, Push>>()

  async function follow(url: string, pushes: Map<string, Push>): Promise<void> {
    while (pushes.size > 0) {
      const due = [...pushes.values()]
      pushes.clear()
      const rested = sleep(clock, intervalMs)
      await look(url, due).catch(() => undefined)
      await rested
    }
    waiting.delete(url)
  }

  return (url, push) => {
    const pushes = waiting.get(url) ?? new Map<string, Push>()
    const before = pushes.get(push.ref)
    pushes.set(push.ref, before ? merged(before, push) : push)
    if (waiting.has(url)) return
    waiting.set(url, pushes)
    void follow(url, pushes)
  }
}

/** Two pushes of one ref as one. */
function merged(before: Push, push: Push): Push {
  const files = before.files && push.files && [...new Set([...before.files, ...push.files])]
  return {
    ...push,
    urls: [...new Set([...before.urls, ...push.urls])],
    files: files && files.length <= mostFiles ? files : undefined,
  }
}
