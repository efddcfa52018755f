/** gRPC status names by code, as Argo CD's clients print them. */
const grpcNames: Readonly<Record<number, string>> = {
  1: 'Canceled',
  2: 'Unknown',
  3: 'InvalidArgument',
  4: 'DeadlineExceeded',
  5: 'NotFound',
  6: 'AlreadyExists',
  7: 'PermissionDenied',
  8: 'ResourceExhausted',
  9: 'FailedPrecondition',
  10: 'Aborted',
  11: 'OutOfRange',
  12: 'Unimplemented',
  13: 'Internal',
  14: 'Unavailable',
  15: 'DataLoss',
  16: 'Unauthenticated',
}

/** Ends the command: the message goes to standard error, the code to the shell (20: failed, 1: used wrongly, as Argo CD's). */
export class CliError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 20) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
  }
}

/** A refusal by the hub, worded as a gRPC error. */
export class ApiError extends CliError {
  readonly code: number

  constructor(code: number, description: string) {
    super(`rpc error: code = ${grpcNames[code] ?? 'Unknown'} desc = ${description}`)
    this.name = 'ApiError'
    this.code = code
  }
}
