import type { Application } from '@flotilla/shared/argo/application'
import { askAgent, nameOf } from './agent-question.ts'
import type { ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'

interface Compared {
  readonly group?: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly normalizedLiveState: string
  readonly predictedLiveState: string
  readonly resourceVersion?: string
  readonly modified?: boolean
  readonly hook?: boolean
}

/** What a server would make of manifests, as Argo CD answers it: live is normalized, and the target is the prediction. */
export async function serverSideDiff(
  context: ApiContext,
  found: Application,
  manifests: readonly string[],
): Promise<object> {
  for (const [index, text] of manifests.entries()) requireObject(text, index)
  const application = nameOf(found)
  const answer = await askAgent(context, found, {
    type: 'diff',
    application,
    manifests: [...manifests],
    serverSide: true,
  })
  const { items } = answer as { items: readonly Compared[] }
  const shown = items.map(({ normalizedLiveState, predictedLiveState, ...rest }) => ({
    ...(rest.group && { group: rest.group }),
    kind: rest.kind,
    ...(rest.namespace && { namespace: rest.namespace }),
    name: rest.name,
    targetState: predictedLiveState,
    liveState: normalizedLiveState,
    ...(rest.hook && { hook: true }),
    ...(rest.resourceVersion && { resourceVersion: rest.resourceVersion }),
    ...(rest.modified && { modified: true }),
  }))
  return { ...(shown.length > 0 && { items: shown }), modified: items.some(({ modified }) => modified === true) }
}

function requireObject(text: string, index: number): void {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'kind' in value) return
  } catch {
    // Told below.
  }
  throw new ApiError(code.unknown, `error unmarshaling target manifest ${index}: it is no Kubernetes object`)
}
