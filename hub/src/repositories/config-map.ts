import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'

type Data = Readonly<Record<string, string>>

/** What a ConfigMap of the control plane says; nothing where there is none. */
export async function readConfigMap(objects: Objects, name: string): Promise<Data> {
  try {
    const found = await objects.get(refOf(resources.configMaps, controlNamespace, name))
    return (found['data'] as Data | undefined) ?? {}
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return {}
    throw error
  }
}

/** Changes a ConfigMap of the control plane, and makes it where there is none; nobody's write in between is lost. */
export async function changeConfigMap<T>(
  objects: Objects,
  name: string,
  change: (data: Data) => { readonly data: Data; readonly result: T },
): Promise<T> {
  const ref = refOf(resources.configMaps, controlNamespace, name)
  for (let tries = 0; ; tries++) {
    try {
      const found = await objects.get(ref).catch((error: unknown) => {
        if (error instanceof StatusError && error.code === 404) return undefined
        throw error
      })
      const { data, result } = change((found?.['data'] as Data | undefined) ?? {})
      if (found) await objects.update(ref, { ...found, data })
      else {
        const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'argocd' }
        const metadata = { name, namespace: controlNamespace, labels }
        const kind = { ...resources.configMaps, namespace: controlNamespace }
        await objects.create(kind, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
      }
      return result
    } catch (error) {
      if (tries > 8 || !(error instanceof StatusError) || error.code !== 409) throw error
    }
  }
}
