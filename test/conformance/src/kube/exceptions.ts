import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { WorldName } from './worlds.ts'

/** A recording that we do not answer as the real server did. */
export interface Exception {
  readonly reason: string
  /** Where. */
  readonly on: readonly WorldName[]
}

/** Exceptions by the names of recordings. */
export interface Exceptions {
  readonly scenarios: Readonly<Record<string, Exception>>
  readonly commands: Readonly<Record<string, Exception>>
}

export const exceptionsFile = path.join(import.meta.dirname, '../../exceptions.json')

export function readExceptions(): Exceptions {
  return JSON.parse(readFileSync(exceptionsFile, 'utf8')) as Exceptions
}

/** Holds a run to the list: what is no exception must be right, and what is right must be no exception. */
export function judge(
  mismatches: readonly object[],
  exception: Exception | undefined,
  world: WorldName,
): string | undefined {
  const excepted = exception?.on.includes(world) ? exception : undefined
  if (mismatches.length === 0)
    return excepted && `is right now, so it is no exception any more (npm run conformance): ${excepted.reason}`
  if (excepted) return excepted.reason === '' ? 'is an exception without a reason' : undefined
  return mismatches
    .slice(0, 8)
    .map((mismatch) => JSON.stringify(mismatch, (_, value: unknown) => (value === undefined ? '(absent)' : value)))
    .join('\n')
}
