import type { FieldError } from '../strategy.ts'
import { invalid } from './field-errors.ts'

/** No part of a path may lead upwards. */
export function validateNoBacksteps(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

/** A path within something: relative, and never upwards. */
export function validateRelativePath(path: string, field: string): FieldError[] {
  const absolute = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return [...absolute, ...validateNoBacksteps(path, field)]
}

/** Likewise, and of a name that writers of volumes do not use themselves. */
export function validatePlainPath(path: string, field: string): FieldError[] {
  const errors = validateRelativePath(path, field)
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(field, path, "must not start with '..'"))
  return errors
}
