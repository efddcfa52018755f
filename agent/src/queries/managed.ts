import type { ComparedResource, DeletePaths } from '@flotilla/shared/engine/compare-types'
import { differ } from '@flotilla/shared/engine/diff'
import { isSecret } from '@flotilla/shared/k8s/redact'
import type { Observation } from '../sync/observe.ts'
import { maskedPair } from './masked.ts'
import { stateItem } from './state-item.ts'

/** Argo CD's managed resources: target beside live, as JSON text, Secrets masked. */
export function managedItems(seen: Observation, deletePaths?: DeletePaths): unknown[] {
  const { undiffed = false } = seen.comparison
  const nothing = undiffed ? {} : null
  return seen.comparison.resources.map((resource) => {
    const { key, hook } = resource
    const { target, live, diff } = isSecretKind(resource) ? withoutValues(resource, seen, deletePaths) : resource
    const { modified, normalizedLive = nothing, predictedLive = nothing } = diff ?? {}
    return stateItem(key, { target, live, normalizedLive, predictedLive, modified, hook })
  })
}

type Shown = Pick<ComparedResource, 'target' | 'live' | 'diff'>

function isSecretKind({ target, live }: ComparedResource): boolean {
  const object = target ?? live
  return object !== undefined && isSecret(object)
}

/** A Secret is masked first and compared then, so nothing of its values is in any of the states. */
function withoutValues(
  resource: ComparedResource,
  { settings, comparison }: Observation,
  deletePaths?: DeletePaths,
): Shown {
  const { target, live } = maskedPair(resource.target, resource.live, settings.argocdCm)
  const diff = comparison.undiffed
    ? { modified: false }
    : differ({ settings, ...(deletePaths && { deletePaths }) })(target, live)
  return { diff, ...(target && { target }), ...(live && { live }) }
}
