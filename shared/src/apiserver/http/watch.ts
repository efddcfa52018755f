import type { ServerResponse } from 'node:http'
import type { KubeObject } from '../../k8s/object.ts'
import { apiVersionOf, blankObject } from '../decode-object.ts'
import { eventOf, eventTypes, scopeOf } from '../create-objects.ts'
import { expired, internal, invalid } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import { StoreError } from '../object-store.ts'
import type { Change, Stored } from '../object-store.ts'
import type { Resource } from '../resource.ts'
import { keptMatcher, matcherOf } from '../selectors.ts'
import type { Matcher } from '../selectors.ts'
import type { FieldError } from '../strategy.ts'
import { forbidden, notSupported } from '../validation/field-errors.ts'
import { fromStored, textOf } from '../write.ts'
import { integer } from './list.ts'
import { joined } from './list-text.ts'
import type { PresentOptions } from './present.ts'
import { checkInclude, partial, presentEvent } from './present.ts'

/** Encodings of a change, each shared by all who are to see it alike. */
const encodings = new WeakMap<Change, Map<string, Buffer>>()

interface WatchParameters {
  readonly since: string | undefined
  readonly initial: boolean
  readonly bookmarks: boolean
  readonly endsInitial: boolean
  readonly timeout: number | undefined
}

function parameters(query: URLSearchParams): WatchParameters {
  const version = query.get('resourceVersion') ?? ''
  if (version !== '' && !/^\d+$/.test(version))
    throw internal(
      `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    )
  const sendInitial = query.get('sendInitialEvents')
  const match = query.get('resourceVersionMatch') ?? ''
  checkInitial(query, sendInitial !== null, match, version)
  const bookmarks = /^(true|1)$/.test(query.get('allowWatchBookmarks') ?? '')
  const all = sendInitial === 'true'
  return {
    since: version === '' || version === '0' ? undefined : version,
    initial: all || (sendInitial === null && (version === '' || version === '0')),
    bookmarks,
    endsInitial: all && bookmarks,
    timeout: integer(query, 'timeoutSeconds'),
  }
}

/** Refuses options of a watch that do not go together. */
function checkInitial(query: URLSearchParams, asked: boolean, match: string, version: string): void {
  const field = 'resourceVersionMatch'
  const errors: FieldError[] = []
  if (asked && match !== 'NotOlderThan')
    errors.push(forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`))
  if (match !== '' && !asked)
    errors.push(forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`))
  if (match !== '' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']))
  // A watch from the start is one with initial events, said or not.
  const initial = match !== '' || (!asked && (version === '' || version === '0'))
  if (initial && query.get('continue')) errors.push(forbidden(field, `${field} is forbidden when continue is provided`))
  if (errors.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors)
}

/** Streams changes until the client leaves, the time is up, or history is gone. */
export async function watchStream(
  machine: Machine,
  resource: Resource,
  namespace: string,
  query: URLSearchParams,
  options: PresentOptions,
  response: ServerResponse,
): Promise<void> {
  const asked = parameters(query)
  const selectors = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  }
  const matches = matcherOf(resource, selectors)
  checkInclude(options)
  const scope = scopeOf(resource, { ...resource, resource: resource.plural, namespace })
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  const stream = new WatchStream(resource, options, matches, response)
  let since = asked.since ?? (await machine.store.revision())
  if (asked.initial) {
    const listing = await machine.store.list(scope)
    since = listing.revision
    const selected = keptMatcher(resource, selectors)
    stream.added(selected ? listing.items.filter(selected) : listing.items)
    if (asked.endsInitial) stream.bookmark(since, { 'k8s.io/initial-events-end': 'true' })
  }
  response.flushHeaders()
  follow(machine, scope, since, asked, stream, response)
}

function follow(
  machine: Machine,
  scope: { resource: string; namespace?: string },
  since: string,
  asked: WatchParameters,
  stream: WatchStream,
  response: ServerResponse,
): void {
  const cleanups: (() => void)[] = []
  const end = (): void => {
    for (const cleanup of cleanups.splice(0)) cleanup()
    if (!response.writableEnded) response.end()
  }
  const gone = (): void => {
    const { status } = expired(`too old resource version: ${since} (${machine.clock.now() > 0 ? stream.latest : ''})`)
    stream.raw('ERROR', status)
    end()
  }
  response.on('close', end)
  if (asked.timeout !== undefined && asked.timeout > 0) cleanups.push(machine.clock.after(asked.timeout * 1000, end))
  try {
    cleanups.push(
      machine.store.watch(scope, since, {
        change: (change) => stream.change(change),
        end: (error) => (error.reason === 'RevisionGone' ? gone() : end()),
      }),
    )
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    void machine.store.revision().then((revision) => {
      stream.latest = revision
      gone()
    })
    return
  }
  if (asked.bookmarks) {
    const tick = (): void => {
      void machine.store.revision().then((revision) => {
        if (response.writableEnded) return
        stream.bookmark(revision, undefined)
        cleanups.push(machine.clock.after(60_000, tick))
      })
    }
    cleanups.push(machine.clock.after(60_000, tick))
  }
}

class WatchStream {
  latest = ''
  readonly #resource: Resource
  readonly #options: PresentOptions
  readonly #matches: Matcher | undefined
  readonly #response: ServerResponse
  readonly #form: string
  #first = true

  constructor(resource: Resource, options: PresentOptions, matches: Matcher | undefined, response: ServerResponse) {
    this.#resource = resource
    this.#options = options
    this.#matches = matches
    this.#response = response
    this.#form = `${options.accepted.form}/${options.accepted.version}/${resource.version}/${options.includeObject ?? ''}`
  }

  change(change: Change): void {
    if (this.#response.writableEnded) return
    // Without a selector nobody has to look into the object.
    const event = this.#matches ? eventOf(this.#resource, change, this.#matches) : { type: eventTypes[change.type] }
    if (!event) return
    // What leaves a selector is shown in another state than what is deleted.
    const left = event.type === 'DELETED' && change.type !== 'deleted'
    const kind = `${this.#form}/${event.type}/${left}/${this.#tableMark()}`
    let known = encodings.get(change)
    if (!known) encodings.set(change, (known = new Map()))
    let encoding = known.get(kind)
    if (!encoding) {
      const text =
        'object' in event && left ? this.#encode(event.type, event.object) : this.#text(event.type, change.stored)
      known.set(kind, (encoding = Buffer.from(text)))
    }
    this.#response.write(encoding)
    this.#first = false
  }

  /** The first rows of a Table come with their columns, and all with ages. */
  #tableMark(): string {
    const { accepted, now } = this.#options
    return accepted.form === 'Table' ? `${this.#first}/${Math.floor(now / 1000)}` : ''
  }

  /** What is there already. */
  added(items: readonly Stored[]): void {
    let texts: string[] = []
    let length = 0
    for (const stored of items) {
      const text = this.#text('ADDED', stored)
      this.#first = false
      texts.push(text)
      length += text.length
      if (length < 256 * 1024) continue
      this.#response.write(joined(texts))
      texts = []
      length = 0
    }
    if (texts.length > 0) this.#response.write(joined(texts))
  }

  raw(type: string, object: unknown): void {
    this.#response.write(`${JSON.stringify({ type, object })}\n`)
  }

  bookmark(revision: string, annotations: Record<string, string> | undefined): void {
    const metadata = { resourceVersion: revision, ...(annotations ? { annotations } : { creationTimestamp: null }) }
    const blank = {
      ...blankObject(this.#resource),
      apiVersion: apiVersionOf(this.#resource),
      kind: this.#resource.kind,
      metadata,
    } as unknown as KubeObject
    this.raw(
      'BOOKMARK',
      this.#options.accepted.form === 'plain'
        ? blank
        : this.#options.accepted.form === 'Table'
          ? presentEvent(this.#resource, blank, this.#options, this.#first)
          : partial(blank),
    )
  }

  #text(type: string, stored: Stored): string {
    if (this.#options.accepted.form !== 'plain' || this.#resource.fromStorage)
      return this.#encode(type, fromStored(this.#resource, stored))
    return `{"type":${JSON.stringify(type)},"object":${textOf(stored)}}\n`
  }

  #encode(type: string, object: KubeObject): string {
    return `${JSON.stringify({ type, object: presentEvent(this.#resource, object, this.#options, this.#first) })}\n`
  }
}
