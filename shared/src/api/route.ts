import type { TSchema } from 'typebox'

/** What somebody must be allowed to do. `own` is decided by the route itself: of what the answer holds, or of themselves. */
export type Permission =
  | { readonly kind: 'public' }
  | { readonly kind: 'own' }
  | { readonly kind: 'rbac'; readonly resource: string; readonly action: string }

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
}

export const anyone: Permission = { kind: 'public' }
export const own: Permission = { kind: 'own' }
export const may = (resource: string, action: string): Permission => ({ kind: 'rbac', resource, action })

/** The path of a route with its parameters in place, each escaped. */
export function pathOf(route: RouteDeclaration, parameters: Readonly<Record<string, string>> = {}): string {
  return route.path.replace(/:(\w+)|\*$/g, (hole: string, name: string | undefined) => {
    const value = parameters[name ?? '*']
    if (value === undefined) throw new Error(`${route.method} ${route.path} needs ${hole}`)
    return name === undefined ? value : encodeURIComponent(value)
  })
}
