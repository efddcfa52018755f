import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { FleetError } from '../fleet/ports.ts'
import { dictionary } from '@flotilla/shared/lang/dictionary'

/** gRPC's codes, as Argo CD's clients know them. */
export const code = {
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

const http: Readonly<Record<number, number>> = {
  1: 408, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503,
  15: 500, 16: 401,
} // prettier-ignore

/** A refusal of the REST API. */
export class ApiError extends Error {
  readonly code: number

  constructor(grpcCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ApiError'
    this.code = grpcCode
  }

  get status(): number {
    return http[this.code] ?? 500
  }
}

/** Nothing is said of whether it exists. */
export function permissionDenied(): ApiError {
  return new ApiError(code.permissionDenied, 'permission denied')
}

const kubernetes: Readonly<Record<string, number>> = dictionary({
  NotFound: code.notFound,
  AlreadyExists: code.alreadyExists,
  Invalid: code.invalidArgument,
  BadRequest: code.failedPrecondition,
  Conflict: code.aborted,
  Forbidden: code.permissionDenied,
  Unauthorized: code.unauthenticated,
  Timeout: code.deadlineExceeded,
  TooManyRequests: code.resourceExhausted,
})

const fleet: Readonly<Record<FleetError['code'], number>> = {
  disconnected: code.unavailable,
  timeout: code.deadlineExceeded,
  cancelled: code.canceled,
  'not-found': code.notFound,
  forbidden: code.permissionDenied,
  invalid: code.invalidArgument,
  conflict: code.aborted,
  failed: code.unknown,
}

/** Any failure as a refusal; what nobody foresaw is `Unknown`, as with Argo CD. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof StatusError) {
    return new ApiError(kubernetes[error.status.reason ?? ''] ?? code.unknown, error.message, { cause: error })
  }
  if (error instanceof FleetError) return new ApiError(fleet[error.code], error.message, { cause: error })
  return new ApiError(code.unknown, error instanceof Error ? error.message : String(error), { cause: error })
}

/** The body of a refusal, keys in Argo CD's order. */
export function errorBody(error: ApiError): { error: string; code: number; message: string } {
  return { error: error.message, code: error.code, message: error.message }
}

const names: Readonly<Record<number, string>> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 408: 'Request Timeout', 409: 'Conflict',
  429: 'Too Many Requests', 500: 'Internal Server Error', 501: 'Not Implemented', 503: 'Service Unavailable',
  504: 'Gateway Timeout',
} // prettier-ignore

/** The body of a refusal where a stream was asked for. */
export function streamErrorBody(error: ApiError): object {
  const status = error.status
  return {
    error: { grpc_code: error.code, http_code: status, message: error.message, http_status: names[status] ?? '' },
  }
}
