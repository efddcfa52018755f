import type { Clock } from '@flotilla/shared/lang/clock'

/** What the applications of a cluster own, and what their syncs pruned lately. */
export interface PruneLedger {
  /** How many objects an application has now; none: it is gone. */
  owns(application: string, objects: number): void
  /** A sync of the application sets out to prune; said again of the same run (by when it began), it counts once. */
  pruned(application: string, run: string, objects: number): void
  /** What the other applications pruned within a time, and what all of them own. */
  others(application: string, withinMs: number): { readonly pruned: number; readonly owned: number }
}

/** A ledger for one cluster. It begins empty with the process: then less is owned than there is, and more is asked. */
export function createPruneLedger({ now }: Pick<Clock, 'now'>): PruneLedger {
  const owned = new Map<string, number>()
  let recent: { readonly application: string; readonly run: string; readonly objects: number; readonly at: number }[] =
    []
  return {
    owns(application, objects) {
      if (objects > 0) owned.set(application, objects)
      else owned.delete(application)
    },
    pruned(application, run, objects) {
      const isOther = (one: (typeof recent)[number]): boolean => one.application !== application || one.run !== run
      recent = recent.filter((one) => isOther(one) && now() - one.at <= longest)
      recent.push({ application, run, objects, at: now() })
    },
    others(application, withinMs) {
      const since = now() - withinMs
      const lately = recent.filter((one) => one.at >= since)
      // What was pruned is owned no more, but was when the round began.
      const gone = lately.reduce((sum, { objects }) => sum + objects, 0)
      const left = [...owned.values()].reduce((sum, count) => sum + count, 0)
      const pruned = lately.filter((one) => one.application !== application)
      return { pruned: pruned.reduce((sum, { objects }) => sum + objects, 0), owned: Math.max(left, gone) }
    },
  }
}

const longest = 60 * 60 * 1000
