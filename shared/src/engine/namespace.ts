import { annotation } from '../argo/annotations.ts'
import type { SyncPolicy } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'

/** The destination's namespace with the metadata that the application manages: they are laid over what is there. */
export function namespaceManaged(
  name: string,
  { labels, annotations }: NonNullable<SyncPolicy['managedNamespaceMetadata']>,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      ...(labels && { labels }),
      annotations: { ...annotations, [annotation.syncOptions]: 'ServerSideApply=true' },
    },
  }
}
