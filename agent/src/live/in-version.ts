import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, keyString } from '@flotilla/shared/k8s/ref'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import { pathOf, type Cluster } from '../cluster/client.ts'
import type { Discovery } from '../cluster/discovery.ts'
import { isNotFound } from '../cluster/errors.ts'
import { Recent } from '@flotilla/shared/lang/recent'

/** Few objects are written in Git in another version than the one that is watched. */
const mostKept = 200

/** Reads live objects in the version that Git writes them in: only so can the two be laid side by side. */
export interface VersionReader {
  /** The object as its server tells it in a version; as it is where it is so already, or that version is not served. */
  readonly read: (object: KubeObject, apiVersion: string) => Promise<KubeObject>
}

/** Asks once for each version of an object. */
export function createVersionReader(cluster: Cluster, discovery: () => Discovery): VersionReader {
  const kept = new Recent<string, { readonly of: string; readonly object: KubeObject }>(mostKept)
  return {
    async read(object, apiVersion) {
      if (object.apiVersion === apiVersion) return object
      const { kinds, versions } = discovery()
      const key = keyOf(object)
      const kind = kinds.get(`${key.group}/${key.kind}`)
      if (!kind || !versions.has(apiVersion)) return object
      const of = `${object.metadata.uid ?? ''} ${object.metadata.resourceVersion ?? ''}`
      const id = `${apiVersion} ${keyString(key)}`
      const known = kept.peek(id)
      if (known?.of === of) return known.object
      const { version } = gvkOf({ apiVersion, kind: key.kind })
      try {
        const path = pathOf({ ...kind, version }, { namespace: key.namespace, name: key.name })
        const found = JSON.parse((await cluster.request({ method: 'GET', path })).text) as KubeObject
        kept.put(id, { of, object: found })
        return found
      } catch (error) {
        // The kind may be served in other versions only, or the object be gone by now.
        if (isNotFound(error)) return object
        throw error
      }
    },
  }
}
