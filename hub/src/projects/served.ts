import type { Resource } from '@flotilla/shared/apiserver/resource'
import { specOf } from './project.ts'
import { projectProblem } from './validate.ts'

/**
 * AppProjects as the hub serves them to Kubernetes clients: what the REST API would refuse is refused here too, where it
 * is written, and not when somebody syncs. A project that has been wrong before may stay as wrong as it is.
 */
export function withProjectRules(resource: Resource): Resource {
  if (resource.kind !== 'AppProject') return resource
  const { strategy } = resource
  return {
    ...resource,
    strategy: {
      ...strategy,
      validate(next, previous, context) {
        const errors = strategy?.validate?.(next, previous, context) ?? []
        if (errors.length > 0) return errors
        const name = next.metadata.name ?? ''
        const problem = projectProblem(name, specOf(next))?.message
        const before = previous && projectProblem(name, specOf(previous))?.message
        if (problem === undefined || problem === before) return []
        return [{ reason: 'FieldValueInvalid', field: 'spec', message: `Invalid value: ${problem}` }]
      },
    },
  }
}
