/** A Kubernetes API said no, or did not answer. */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly retryAfterMs: number | undefined

  constructor(code: number, reason: string, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** The refusal in an answer: its Status object, or what else the server said. */
export function apiError(code: number, body: string, retryAfter: string | undefined): ApiError {
  const after = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined
  try {
    const status = JSON.parse(body) as { kind?: string; message?: string; reason?: string }
    if (status.kind === 'Status') return new ApiError(code, status.reason ?? '', status.message ?? '', after)
  } catch {
    // No Status: a proxy's page, or half of an answer.
  }
  return new ApiError(code, '', `the server answered ${code}: ${body.slice(0, 200)}`, after)
}

/** The object is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409
}

/** Worth another try by itself: the server is busy, or the line broke before an answer came. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 429 || error.code >= 500
  const code = (error as { code?: unknown } | undefined)?.code
  return (
    typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_(SOCKET|HEADERS_TIMEOUT|CONNECT))/.test(code)
  )
}
