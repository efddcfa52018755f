import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { timestamp } from '../controllers/conditions.ts'
import { controllerManager } from './actor.ts'
import { resources } from './resources.ts'

/** Something that happened to an object, for people to read. */
export interface Note {
  readonly about: KubeObject
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** The part of the object: `spec.containers{main}`. */
  readonly fieldPath?: string
  /** The node it happened on. */
  readonly host?: string
}

const remembered = 2000
const alikeMs = 600_000
/** How much may be told of an object at once, and how long it takes until one thing more may be told. */
const burst = 25
const refillMs = 300_000
/** Of events that differ by their message alone so many are written one by one; further ones become one that is counted up. */
const mostAlike = 10

/** Writes notes down as Events; what repeats is counted up on the one that is there. */
export class EventRecorder {
  readonly #objects: Objects
  readonly #clock: Clock
  readonly #known = new Map<string, { name: string; count: number }>()
  readonly #told = new Map<string, { left: number; since: number }>()
  readonly #alike = new Map<string, { messages: Set<string>; last: number }>()
  #last = 0n

  constructor(objects: Objects, clock: Clock) {
    this.#objects = objects
    this.#clock = clock
  }

  async record(component: string, note: Note): Promise<void> {
    const { about, type, reason, fieldPath, host } = note
    const { namespace = 'default', name = '', uid = '', resourceVersion } = about.metadata
    if (this.#isSpam(JSON.stringify([component, host, uid]))) return
    const group = JSON.stringify([component, host, uid, fieldPath, type, reason])
    const many = this.#isMany(group, note.message)
    const message = many ? `(combined from similar events): ${note.message}` : note.message
    const key = JSON.stringify([group, many ? '' : message])
    const known = this.#known.get(key)
    const time = timestamp(this.#clock.now())
    const options = {
      actor: controllerManager,
      fieldManager:
        component === 'kubelet'
          ? 'kubelet'
          : component.includes('scheduler')
            ? 'kube-scheduler'
            : 'kube-controller-manager',
    }
    const where = { ...resources.events, namespace }
    try {
      if (known) {
        known.count += 1
        const patch = { count: known.count, message, lastTimestamp: time }
        await this.#objects.patch({ ...where, name: known.name }, patch, { ...options, type: 'merge' })
        return
      }
      const eventName = `${name}.${this.#moment().toString(16)}`
      const involvedObject = {
        kind: about.kind,
        ...(about.metadata.namespace === undefined ? {} : { namespace }),
        name,
        uid,
        apiVersion: about.apiVersion,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      }
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: eventName, namespace },
        involvedObject,
        reason,
        message,
        source: { component, ...(host === undefined ? {} : { host }) },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        type,
        eventTime: null,
        // One that stands for many is reported by nobody.
        reportingComponent: many ? '' : component,
        reportingInstance: many ? '' : (host ?? ''),
      }
      await this.#objects.create(where, event, options)
      this.#remember(key, eventName)
    } catch {
      // An Event that cannot be written (its namespace goes, or it went itself) is nobody's loss; the next is a new one.
      this.#known.delete(key)
    }
  }

  /** Whether somebody has told so much of one object that he is not heard until some time has passed. */
  #isSpam(source: string): boolean {
    const now = this.#clock.now()
    const held = this.#told.get(source) ?? { left: burst, since: now }
    const left = Math.min(burst, held.left + (now - held.since) / refillMs)
    this.#told.delete(source)
    this.#told.set(source, { left: left < 1 ? left : left - 1, since: now })
    const [oldest] = this.#told.keys()
    if (this.#told.size > remembered && oldest !== undefined) this.#told.delete(oldest)
    return left < 1
  }

  /** Whether too many were told lately that differ by their message alone. */
  #isMany(group: string, message: string): boolean {
    const now = this.#clock.now()
    const held = this.#alike.get(group)
    const seen = held && now - held.last <= alikeMs ? held : { messages: new Set<string>(), last: now }
    seen.last = now
    this.#alike.delete(group)
    this.#alike.set(group, seen)
    const [oldest] = this.#alike.keys()
    if (this.#alike.size > remembered && oldest !== undefined) this.#alike.delete(oldest)
    seen.messages.add(message)
    if (seen.messages.size < mostAlike) return false
    // Room is kept, so that those which were written one by one may be told again.
    const [first] = seen.messages
    if (first !== undefined && seen.messages.size > mostAlike) seen.messages.delete(first)
    return true
  }

  #remember(key: string, name: string): void {
    this.#known.set(key, { name, count: 1 })
    const [oldest] = this.#known.keys()
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest)
  }

  /** Nanoseconds since 1970, never twice the same: Events are named by them. */
  #moment(): bigint {
    const now = BigInt(this.#clock.now()) * 1_000_000n
    this.#last = now > this.#last ? now : this.#last + 1n
    return this.#last
  }
}
