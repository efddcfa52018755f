import { pino, type DestinationStream } from 'pino'

/** What every part of the program logs through: data first, then a sentence. */
export interface Log {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
  child(bindings: Record<string, unknown>): Log
}

export interface LogOptions {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent' | undefined
  readonly destination?: DestinationStream | undefined
}

/** JSON lines; what looks like a credential is blotted out. */
export function createLog(options: LogOptions = {}): Log {
  const settings = {
    level: options.level ?? 'info',
    base: null,
    redact: {
      paths: ['token', 'secret', 'password', 'authorization', '*.token', '*.secret', '*.password', '*.authorization'],
      censor: '++++++++',
    },
  }
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination)
}

/** Says nothing: for tests and where nobody listens. */
export function silentLog(): Log {
  const log: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
  return log
}
