import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo } from '../machinery/writes.ts'

const lifetimeMs = 3_600_000

/** Forgets Events an hour after they were last seen to happen, as clusters do lest they fill up. */
export const eventKeeper: Controller = {
  name: 'event-keeper',
  resource: resources.events,
  watches: [],
  reconcile(event, _world, now) {
    const { creationTimestamp, deletionTimestamp, uid = '' } = event.metadata
    if (deletionTimestamp !== undefined) return nothing
    // Whoever writes an old time on a new Event still has it kept for an hour.
    const times = [creationTimestamp, event['lastTimestamp'], event['eventTime']].map((time) =>
      typeof time === 'string' ? Date.parse(time) : 0,
    )
    const left = Math.max(...times.filter((time) => time <= now)) + lifetimeMs - now
    if (left > 0) return { writes: [], againMs: left }
    return { writes: [{ verb: 'delete', ref: refTo(resources.events, event), options: { preconditions: { uid } } }] }
  },
}
