import { globMatch } from '../lang/glob.ts'

/** A rule of a project's `destinations`. */
export interface DestinationRule {
  readonly server?: string
  readonly name?: string
  readonly namespace?: string
}

/**
 * Whether a project's list of destinations lets an application deploy to a cluster and namespace. As Argo CD has it, name
 * and server of one rule are alternatives, a `!` in front denies, and a rule that denies also allows what it does not deny.
 */
export function destinationPermitted(
  rules: readonly DestinationRule[],
  to: { readonly server?: string | undefined; readonly name?: string | undefined; readonly namespace: string },
): boolean {
  let allowed = false
  for (const { name = '', server = '', namespace = '' } of rules) {
    const byName = Boolean(to.name) && matches(name, to.name ?? '')
    const byServer = Boolean(to.server) && matches(server, to.server ?? '')
    const inNamespace = matches(namespace, to.namespace)
    if ((byServer || byName) && inNamespace) allowed = true
    // A cluster that is denied by its name is denied in every namespace.
    else if (!byName && denies(name)) return false
    else if (!byServer && denies(server) && inNamespace) return false
    else if (!inNamespace && denies(namespace) && byServer) return false
  }
  return allowed
}

function denies(pattern: string): boolean {
  return pattern.startsWith('!')
}

function matches(pattern: string, value: string): boolean {
  if (denies(pattern)) return !globMatch(pattern.slice(1), value)
  return pattern === '*' || globMatch(pattern, value)
}
