import type { ClusterDirectory } from '../applications/spec-check.ts'
import { resolveDestination } from '../applications/spec-check.ts'
import type { Generated } from './types.ts'

export interface ValidateTools {
  readonly clusters: ClusterDirectory
  hasProject(this: void, name: string): boolean
}

/** What generated applications cannot be stored for, by name; the others need not wait for them. */
export function invalidOnes(
  set: string,
  generated: readonly Generated[],
  tools: ValidateTools,
): ReadonlyMap<string, string> {
  const problems = new Map<string, string>()
  const seen = new Set<string>()
  for (const one of generated) {
    const name = one.metadata.name ?? ''
    const problem = problemOf(set, one, seen, tools)
    if (problem !== undefined) problems.set(name, problem)
    seen.add(name)
  }
  return problems
}

function problemOf(
  set: string,
  one: Generated,
  seen: ReadonlySet<string>,
  { clusters, hasProject }: ValidateTools,
): string | undefined {
  const name = one.metadata.name ?? ''
  if (name === '') {
    const how = "a name must be set in the template's metadata.name or via a templatePatch"
    return `ApplicationSet ${set} contains an application with no name; ${how} (generateName is not supported)`
  }
  if (seen.has(name)) return `ApplicationSet ${set} contains applications with duplicate name: ${name}`
  const project = one.spec.project ?? ''
  if (!hasProject(project)) return `application references project ${project} which does not exist`
  const destination = resolveDestination(one, clusters)
  if ('problem' in destination) return `application destination spec is invalid: ${destination.problem}`
  return undefined
}

/** One message for all of them: the last by name, and how many more there are. */
export function problemSummary(problems: ReadonlyMap<string, string>): string | undefined {
  const names = [...problems.keys()].toSorted()
  const last = problems.get(names.at(-1) ?? '')
  if (last === undefined) return undefined
  return names.length > 1 ? `${last} (and ${names.length - 1} more)` : last
}
