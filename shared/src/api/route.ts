import type { TSchema } from 'typebox'

/** An action on a kind of things, as policies name them. */
export interface Right {
  readonly resource: string
  readonly action: string
}

/**
 * What somebody must be allowed to do. `own`: to be signed in, for what is about themselves or no secret to anybody.
 * `rbac`: to have the right to the object that the request is about. `each`: the answer holds those objects that they
 * have the right to.
 */
export type Permission =
  | { readonly kind: 'public' }
  | { readonly kind: 'own' }
  | ({ readonly kind: 'rbac' } & Right)
  | ({ readonly kind: 'each' } & Right)

/** One operation of the REST API: the hub serves it, clients call it, and neither spells its path anew. */
export interface RouteDeclaration {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api`; `:name` stands for one segment, `*` at the end for the rest. */
  readonly path: string
  readonly permission: Permission
  /** The body as an object; what is not named travels along. */
  readonly body?: TSchema
  /** Answers with server-sent events, or a JSON value a line. */
  readonly stream?: true
  /** The body is a JSON value a line. */
  readonly parts?: true
}

export const anyone: Permission = { kind: 'public' }
export const own: Permission = { kind: 'own' }
export const may = (resource: string, action: string): Permission => ({ kind: 'rbac', resource, action })
export const each = (resource: string, action = 'get'): Permission => ({ kind: 'each', resource, action })

/** The path of a route with its parameters in place, each escaped. */
export function pathOf(route: RouteDeclaration, parameters: Readonly<Record<string, string>> = {}): string {
  return route.path.replace(/:(\w+)|\*$/g, (hole: string, name: string | undefined) => {
    const value = parameters[name ?? '*']
    if (value === undefined) throw new Error(`${route.method} ${route.path} needs ${hole}`)
    return name === undefined ? value : encodeURIComponent(value)
  })
}
