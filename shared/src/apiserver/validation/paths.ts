import type { FieldError } from '../strategy.ts'
import { invalid, invalidAll, required } from './field-errors.ts'
import { dnsSubdomain } from './names.ts'

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

/** A name as `acme.io/foo`: a domain, and a path within it. */
export function domainPath(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const slash = name.indexOf('/')
  const host = name.slice(0, Math.max(slash, 0))
  const path = name.slice(slash + 1)
  if (host === '' || path === '')
    return [invalid(field, name, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const errors = invalidAll(field, host, dnsSubdomain(host))
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path))
    errors.push(invalid(field, path, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"))
  return errors
}
