import { resources, controlNamespace } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'

/** Makes the project `default`, which permits everything, unless there is one already. */
export async function ensureDefaultProject(objects: Objects): Promise<void> {
  try {
    await objects.create(
      { ...resources.appProjects, namespace: controlNamespace },
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AppProject',
        metadata: { name: 'default', namespace: controlNamespace },
        spec: {
          sourceRepos: ['*'],
          destinations: [{ namespace: '*', server: '*' }],
          clusterResourceWhitelist: [{ group: '*', kind: '*' }],
        },
        status: {},
      },
    )
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 409) throw error
  }
}
