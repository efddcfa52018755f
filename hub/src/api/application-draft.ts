import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { ApplicationSpec, type Application } from '@flotilla/shared/argo/application'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { toOpenApi } from '@flotilla/shared/argo/open-api'
import { ApiError, code } from './errors.ts'
import { withRequired } from './go-zero.ts'

const specSchema = toOpenApi(ApplicationSpec)

/** An Application as somebody sends it, made one that can be stored: an operation and a status are not theirs to give. */
export function draftApplication(body: Partial<Application>): Application {
  const { operation: _operation, status: _status, ...given } = body
  return {
    ...given,
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { ...body.metadata, namespace: body.metadata?.namespace || controlNamespace },
    spec: normalizeSpec(body.spec ?? ({} as ApplicationSpec)),
  } as Application
}

/** An empty project is `default`, as the API of Argo CD writes it, and an empty sync policy is none. */
export function normalizeSpec(spec: ApplicationSpec): ApplicationSpec {
  const { syncPolicy, ...rest } = spec
  const kept = syncPolicy && Object.keys(syncPolicy).length > 0 ? { syncPolicy } : {}
  const filled = { ...rest, ...kept, project: spec.project || 'default', destination: spec.destination ?? {} }
  return withRequired(specSchema, filled)
}

/** Stores a new Application; what the Kubernetes API has against it is told in Argo CD's words. */
export async function storeApplication(objects: Objects, wanted: Application): Promise<KubeObject> {
  const kind = { ...resources.applications, namespace: wanted.metadata.namespace ?? controlNamespace }
  try {
    return await objects.create(kind, wanted as unknown as KubeObject)
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== 'Invalid') throw error
    throw new ApiError(code.invalidArgument, `error creating application: ${error.message}`)
  }
}
