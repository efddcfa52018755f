/** What a fault matches; absent fields match everything. */
export interface FaultMatch {
  /** As in RBAC: `get list watch create update patch delete deletecollection`. */
  readonly verb?: string
  /** `plural.group`, or the plural alone for the core group. */
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  /** The user that the request authenticated as. */
  readonly user?: string
  readonly userAgent?: RegExp
  /** Of requests for no resource (discovery, versions): the path. Without it a fault leaves them alone. */
  readonly path?: RegExp
}

/** What goes wrong. */
export type FaultEffect =
  /** Answers with a Status of this code; 429 and 503 may say when to come again. */
  | {
      readonly kind: 'error'
      readonly code: number
      readonly reason?: string
      readonly message?: string
      readonly retryAfterSeconds?: number
    }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Cuts the connection: before an answer, or after so many bytes of it. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** A list or watch that starts from a revision is told that it is gone. */
  | { readonly kind: 'gone' }
  /** Writes this between the events of a watch. */
  | { readonly kind: 'garbage'; readonly text: string }
  /** The watch stays open and tells nothing more. */
  | { readonly kind: 'silence' }
  /** A list keeps only so many of its items, as if the rest were not there. */
  | { readonly kind: 'partial'; readonly items: number }
  /** A write is refused as outdated. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'deny' }
  /** Tells a test of the request before it is served, and waits for it; `drop` cuts the connection unserved. */
  | { readonly kind: 'call'; readonly call: () => Promise<'serve' | 'drop'> }

export interface Fault {
  readonly match: FaultMatch
  readonly effect: FaultEffect
  /** How often it strikes; absent: until removed. */
  readonly times?: number
}

/** One request as the API saw it: the oracle of reliability tests. */
export interface RequestRecord {
  readonly at: number
  readonly user: string
  readonly userAgent: string
  readonly verb: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Of a write: the revision that it expected. */
  readonly resourceVersion?: string
  /** SHA-256 of the body, in hex. */
  readonly bodyHash?: string
  readonly status?: number
}

/** The faults that a cluster is told to have. */
export class Faults {
  readonly #active = new Map<Fault, number>()

  /** Adds a fault; the answer takes it back. */
  add(fault: Fault): () => void {
    this.#active.set(fault, fault.times ?? Infinity)
    return () => void this.#active.delete(fault)
  }

  clear(): void {
    this.#active.clear()
  }

  /** Whether there is nothing that could strike. */
  get none(): boolean {
    return this.#active.size === 0
  }

  /** The effects that strike this request, in the order in which they were added; each counts as used. */
  strike(
    request: Pick<RequestRecord, 'verb' | 'resource' | 'namespace' | 'name' | 'user' | 'userAgent'>,
    path = '',
  ): FaultEffect[] {
    const effects: FaultEffect[] = []
    for (const [fault, left] of this.#active) {
      if (!matches(fault.match, request) || !onPath(fault.match, request.resource, path)) continue
      effects.push(fault.effect)
      if (left <= 1) this.#active.delete(fault)
      else this.#active.set(fault, left - 1)
    }
    return effects
  }
}

function onPath(match: FaultMatch, resource: string, path: string): boolean {
  return match.path === undefined ? resource !== '' : match.path.test(path)
}

function matches(match: FaultMatch, request: Parameters<Faults['strike']>[0]): boolean {
  const same = (wanted: string | undefined, value: string): boolean => wanted === undefined || wanted === value
  return (
    same(match.verb, request.verb) &&
    same(match.resource, request.resource) &&
    same(match.namespace, request.namespace) &&
    same(match.name, request.name) &&
    same(match.user, request.user) &&
    (match.userAgent === undefined || match.userAgent.test(request.userAgent))
  )
}
