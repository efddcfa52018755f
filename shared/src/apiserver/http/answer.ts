export interface Answer {
  readonly code: number
  readonly body: unknown
  readonly warnings?: readonly string[]
  readonly text?: string
  /** Instead of a body in JSON. */
  readonly bytes?: Buffer
  /** Instead of a body: its JSON. */
  readonly json?: string
  /** Instead of a body: its JSON, in pieces that are made as they are sent. */
  readonly pieces?: Iterable<Buffer>
  readonly yaml?: boolean
  /** Absent: `application/json`. */
  readonly contentType?: string
  /** Already written. */
  readonly done?: boolean
}

/** Whether JSON is to be indented for people. */
export function isPretty(query: URLSearchParams): boolean {
  const value = query.get('pretty')
  return value !== null && value !== 'false' && value !== '0'
}

/** Whether a GET asks for a stream of changes. */
export function isWatch(query: URLSearchParams): boolean {
  const value = query.get('watch')
  return value !== null && !/^(false|0|f)$/i.test(value)
}
