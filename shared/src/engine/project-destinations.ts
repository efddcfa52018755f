import { globMatch } from '../lang/glob.ts'

interface DestinationRule {
  readonly server?: string
  readonly name?: string
  readonly namespace?: string
}

/**
 * Whether a project's list of destinations lets an application deploy to a cluster and namespace. `name` and `server`
 * of a rule are alternatives. A `!` in front denies, whatever else allows; a rule that only denies lets everything else in.
 */
export function destinationPermitted(
  rules: readonly DestinationRule[],
  destination: { readonly server?: string | undefined; readonly name?: string | undefined; readonly namespace: string },
): boolean {
  let allowed = false
  for (const rule of rules) {
    const namespace = rule.namespace ?? ''
    const server = rule.server ?? ''
    const atServer =
      matches(server, destination.server) || (rule.name !== undefined && matches(rule.name, destination.name))
    const inNamespace = matches(namespace, destination.namespace)
    if (atServer && inNamespace) allowed = true
    else if (!inNamespace && namespace.startsWith('!') && atServer) return false
    else if (!atServer && server.startsWith('!') && inNamespace) return false
  }
  return allowed
}

function matches(pattern: string, value: string | undefined): boolean {
  if (value === undefined || value === '') return pattern === '*'
  return pattern.startsWith('!') ? !globMatch(pattern.slice(1), value) : globMatch(pattern, value)
}
