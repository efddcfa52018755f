import type { FieldError } from '../strategy.ts'
import { notSupported, required } from './field-errors.ts'
import { isSet, textOf } from './values.ts'

/** One of several words. */
export function enumerated(value: unknown, field: string, supported: readonly string[]): FieldError[] {
  if (!isSet(value)) return [required(field)]
  return supported.includes(textOf(value)) ? [] : [notSupported(field, value, supported)]
}

/** What a path on a node may be. */
export const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
