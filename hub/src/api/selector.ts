import { matchesRequirements, parseLabelSelector, SelectorError, type Labels } from '@flotilla/shared/k8s/labels'
import { ApiError, code } from './errors.ts'

/** Reads a label selector; what is none is refused in the words of the Kubernetes API. */
export function matchesSelector(text: string): (labels: Labels) => boolean {
  try {
    const requirements = parseLabelSelector(text)
    return (labels) => matchesRequirements(requirements, labels)
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    throw new ApiError(code.unknown, `error parsing the selector: ${error.message}`)
  }
}
