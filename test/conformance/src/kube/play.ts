import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@flotilla/shared/lang/clock'
import { jsonEqual } from '@flotilla/shared/lang/json'
import { canonical } from './canonical.ts'
import { until, type Answer, type Client, type WatchStream } from './client.ts'
import { fill, freshNames, select, type Names } from './fill.ts'
import { Matcher } from './matcher.ts'
import type { Call, Goal, Scenario, Step } from './scenario.ts'
import { msUntilEarly } from './seconds.ts'

/** Where a run is not what was recorded: the step, and what differs there. */
export interface Mismatch {
  readonly step: string
  readonly path: string
  readonly expected: unknown
  readonly got: unknown
}

/** A step after which the rest would mean nothing. */
class Stop extends Error {}

/** Plays a scenario against a server. */
export async function playScenario(
  scenario: Scenario,
  client: Client,
  random: Random,
  now: () => number = Date.now,
): Promise<Mismatch[]> {
  const names = freshNames(random)
  const run = new Run(client, names)
  await inNamespaces(scenario, client, names, async () => {
    const align = async (): Promise<unknown> => scenario.orderedTimes && sleep(msUntilEarly(now()))
    await align()
    for (const [index, step] of scenario.steps.entries()) {
      await run.step(index + 1, step)
      if (step.step === 'sleep') await align()
    }
  }).catch((error: unknown) => {
    if (!(error instanceof Stop)) throw error
  })
  run.close()
  return run.mismatches
}

/** Does something in namespaces of a recording's own, which go again afterwards. */
export async function inNamespaces(
  recording: { readonly namespaces?: readonly string[]; readonly cleanup?: readonly Call[] },
  client: Client,
  names: Names,
  work: () => Promise<void>,
): Promise<void> {
  const namespaces = fill(recording.namespaces ?? ['{{ns}}'], names)
  for (const name of namespaces) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await client.request({ method: 'POST', path: '/api/v1/namespaces', body })
  }
  try {
    await work()
  } finally {
    for (const call of recording.cleanup ?? []) await client.request(fill(call, names))
    for (const name of namespaces) await client.request({ method: 'DELETE', path: `/api/v1/namespaces/${name}` })
  }
}

/** The body of an answer, read where it is JSON. */
export function bodyOf({ headers, text }: Pick<Answer, 'headers' | 'text'>): unknown {
  if (!String(headers['content-type']).includes('json')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Asks until the answer is what is wanted; whether it came, and the last answer. */
export async function reach(client: Client, call: Call & Goal): Promise<{ ok: boolean; status: number; at: unknown }> {
  let status = 0
  let at: unknown
  const ok = await until(
    async () => {
      const answer = await client.request({ ...call, method: 'GET' })
      status = answer.status
      at = status === 200 ? select(bodyOf(answer), call.pointer ?? '') : undefined
      if (call.status !== undefined) return status === call.status
      if ('equals' in call) return jsonEqual(at, call.equals)
      if (call.length !== undefined) return Array.isArray(at) && at.length === call.length
      if (call.absent) return status === 200 && at === undefined
      return at !== undefined && at !== null && at !== ''
    },
    call.timeout ?? 15_000,
    50,
  )
  return { ok, status, at }
}

class Run {
  readonly mismatches: Mismatch[] = []
  readonly #client: Client
  readonly #names: Names
  readonly #matcher: Matcher
  readonly #watches = new Map<string, WatchStream>()

  constructor(client: Client, names: Names) {
    this.#client = client
    this.#names = names
    this.#matcher = new Matcher(names)
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close()
  }

  async step(number: number, step: Step): Promise<void> {
    switch (step.step) {
      case 'sleep':
        await sleep(step.ms)
        return
      case 'request': {
        const { response, ...rest } = step
        const filled = fill(rest, this.#names)
        const answer = await this.#request(filled, step.retryUntil, step.retryFor)
        const body = bodyOf(answer)
        const kept = this.#capture(body, step.capture)
        const { status, headers } = answer
        const got = step.bodyless ? { status, headers } : { status, headers, body: canonical(body, filled) }
        const same = this.#check(`${number} ${step.method} ${step.path}`, response, got)
        if (!same && !kept) throw new Stop()
        return
      }
      case 'wait': {
        const filled = fill(step, this.#names)
        const { ok, status, at } = await reach(this.#client, filled)
        const { equals, length } = step
        if (!ok) {
          const expected = step.status ?? (length === undefined ? (equals ?? 'present') : { length })
          this.mismatches.push({
            step: `${number} wait ${step.path}`,
            path: step.pointer ?? '',
            expected,
            got: at ?? status,
          })
          throw new Stop()
        }
        if (step.settle !== undefined) await sleep(step.settle)
        if (step.capture) this.#capture(bodyOf(await this.#client.request({ ...filled, method: 'GET' })), step.capture)
        return
      }
      case 'watch': {
        const { response, ...rest } = step
        const filled = fill(rest, this.#names)
        const watch = await this.#client.watch(filled, step.bookmarks === true)
        this.#watches.set(step.id, watch)
        const { status, headers } = watch
        if (status !== 200) await until(() => watch.ended, 5000)
        const got = status === 200 ? { status, headers } : { status, headers, body: canonical(bodyOf(watch), step) }
        this.#check(`${number} watch ${step.path}`, response, got)
        return
      }
      case 'expect': {
        const events = await this.#watch(step.id).take(step.events.length, step.timeout ?? 5000)
        const filled = fill({ ...step, events: undefined }, this.#names)
        const got = events.map((event) => canonical(event, filled))
        this.#check(`${number} events of ${step.id}`, step.events, got)
        return
      }
      case 'close': {
        const watch = this.#watch(step.id)
        // Nothing tells that no further event comes.
        if (step.waitEnd === undefined) await sleep(step.settle ?? 150)
        else await until(() => watch.ended, step.waitEnd)
        const filled = fill({ ...step, extra: undefined }, this.#names)
        const extra = step.anyExtra ? '<any>' : watch.rest().map((event) => canonical(event, filled))
        const got = { extra, ended: watch.ended }
        watch.close()
        this.#check(`${number} close ${step.id}`, { extra: step.extra, ended: step.ended }, got)
      }
    }
  }

  async #request(call: Call, retryUntil: number | undefined, retryFor = 0): Promise<Answer> {
    let answer = await this.#client.request(call)
    if (retryUntil === undefined || answer.status === retryUntil) return answer
    await until(
      async () => {
        answer = await this.#client.request(call)
        return answer.status === retryUntil
      },
      retryFor,
      100,
    )
    return answer
  }

  #watch(id: string): WatchStream {
    const watch = this.#watches.get(id)
    if (!watch) throw new Error(`no watch ${id} was opened`)
    return watch
  }

  /** Whether everything that later steps refer to was there. */
  #capture(body: unknown, capture: Readonly<Record<string, string>> = {}): boolean {
    let complete = true
    for (const [name, pointer] of Object.entries(capture)) {
      const value = select(body, fill(pointer, this.#names))
      this.#names.set(name, typeof value === 'string' ? value : value === undefined ? '' : String(value as number))
      complete &&= value !== undefined
    }
    return complete
  }

  #check(step: string, expected: unknown, got: unknown): boolean {
    const differences = this.#matcher.compare(expected, got)
    for (const difference of differences) this.mismatches.push({ step, ...difference })
    return differences.length === 0
  }
}
