import type { FieldError } from '../strategy.ts'
import type { Admission } from '../hooks.ts'
import { forbidden, invalid } from '../errors.ts'
import type { StatusError } from '../status-error.ts'

/** The name by which a refusal calls the object: its name is perhaps still to be made up. */
export function nameOf(request: Admission): string {
  const { name, generateName } = request.object?.metadata ?? {}
  if (request.name !== '') return request.name
  if (name !== undefined && name !== '') return name
  return typeof generateName === 'string' && generateName !== '' ? generateName : 'Unknown'
}

/** 403 of a plugin. */
export function refuse(request: Admission, why: string): StatusError {
  return forbidden(request.resource, nameOf(request), why)
}

/** 422 of a plugin. */
export function refuseInvalid(request: Admission, errors: readonly FieldError[]): StatusError {
  return invalid(request.resource.kind, request.resource.group, request.name, errors)
}

/** Several complaints as one text: alone as it is, together in brackets. */
export function aggregate(texts: readonly string[]): string {
  const distinct = [...new Set(texts)]
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
}
