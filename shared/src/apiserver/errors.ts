import type { FieldError } from './strategy.ts'
import type { Resource } from './resource.ts'
import { resourceName } from './resource.ts'
import { StatusError } from './status-error.ts'

type Named = Pick<Resource, 'group' | 'plural' | 'storage'>

/** Refusals of the storage name the kind that it keeps. */
const kept = (resource: Named): { readonly group: string; readonly plural: string } => resource.storage ?? resource

const details = (resource: Named, name: string): { name?: string; group?: string; kind: string } => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
})

/** 404 of one object. */
export function notFound(resource: Named, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${resourceName(kept(resource))} "${name}" not found`,
    details(kept(resource), name),
  )
}

/** 404 of a path. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function alreadyExists(resource: Named, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${resourceName(kept(resource))} "${name}" already exists`,
    details(kept(resource), name),
  )
}

export function conflict(resource: Named, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resourceName(kept(resource))} "${name}": ${why}`,
    details(kept(resource), name),
  )
}

export const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

/** 403, as the authorizer and admission word it. */
export function forbidden(resource: Named, name: string, why: string): StatusError {
  return new StatusError(
    403,
    'Forbidden',
    `${resourceName(resource)}${name === '' ? ' is' : ` "${name}" is`} forbidden: ${why}`,
    details(resource, name),
  )
}

/** 422 with all mistakes. */
export function invalid(kind: string, group: string, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', `${kind}${group === '' ? '' : `.${group}`} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

/** 500 without a reason, as errors are answered that the API did not foresee. */
export function internal(message: string): StatusError {
  const error = new StatusError(500, 'InternalError', message)
  delete error.status.reason
  return error
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

/** 422 of a patch that could not be applied: the server says no more. */
export function patchRejected(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}
