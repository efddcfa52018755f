import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import type { RequestInfo } from '../api-server.ts'
import type { Admission, Machine } from '../hooks.ts'
import type { Resource, Subresource } from '../resource.ts'

/** Subresources by which clients connect to something, and the kind of what they say of how. */
const connects: Readonly<Record<string, true>> = dictionary({
  exec: true,
  attach: true,
  portforward: true,
  proxy: true,
})

const flags = new Set(['stdin', 'stdout', 'stderr', 'tty'])

/** Lets admission refuse a connection to a pod, service or node. */
export async function admitConnect(
  machine: Machine,
  info: RequestInfo,
  resource: Resource,
  sub: Subresource,
  query: URLSearchParams,
): Promise<void> {
  if (!connects[sub.name] || (!machine.hooks.mutate && !machine.hooks.admit)) return
  const admission: Admission = {
    operation: 'CONNECT',
    resource,
    subresource: sub.name,
    namespace: info.namespace,
    name: info.name,
    object: optionsOf(sub, query),
    oldObject: undefined,
    actor: info.actor,
    dryRun: false,
    warn: () => undefined,
  }
  await machine.hooks.mutate?.(admission)
  await machine.hooks.admit?.(admission)
}

/** What the query says, as the object that admission sees: `PodExecOptions` and the like. */
function optionsOf(sub: Subresource, query: URLSearchParams): KubeObject {
  const fields = [...new Set(query.keys())].map((name): [string, unknown] => {
    if (name === 'command') return [name, query.getAll(name)]
    if (name === 'ports') return [name, query.getAll(name).map(Number)]
    return [name, flags.has(name) ? ['true', '1'].includes(query.get(name) ?? '') : query.get(name)]
  })
  return { apiVersion: 'v1', kind: sub.kind, metadata: {}, ...Object.fromEntries(fields) }
}
