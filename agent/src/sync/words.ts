import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'

/** `deployment.apps/web`, as kubectl names an object in what it prints. */
export function printedName(object: KubeObject): string {
  const { group, kind } = gvkOf(object)
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${object.metadata.name ?? ''}`
}

/** What kubectl says of an object whose kind nobody serves. */
export function noMatches(object: KubeObject): string {
  const { name, namespace } = object.metadata
  return (
    `resource mapping not found for name: "${name ?? ''}" namespace: "${namespace ?? ''}": ` +
    `no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`
  )
}

/** kubectl's warning about an object that it did not make. */
export function missingLastApplied(resource: string, name: string): string {
  return (
    `Warning: resource ${resource}/${name} is missing the kubectl.kubernetes.io/last-applied-configuration annotation ` +
    'which is required by  apply.  apply should only be used on resources created declaratively by either ' +
    ' create --save-config or  apply. The missing annotation will be patched automatically.'
  )
}

/** A refusal with a word on what to do, where the server's own has none. */
export function advised(message: string): string {
  if (!message.includes('metadata.annotations: Too long: must have at most 262144 bytes')) return message
  return (
    `${message} \n -Additional Info: This error usually means that you are trying to add a large resource on client side. ` +
    'Consider using Server-side apply or syncing with replace enabled. Note: Syncing with Replace enabled is potentially ' +
    'destructive as it may cause resource deletion and re-creation.'
  )
}
