import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestInfo } from '@flotilla/shared/apiserver/api-server'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { Pod } from '../controllers/types.ts'
import { resources } from '../machinery/resources.ts'
import { attachContainer } from './attach.ts'
import { bad, chooseContainer } from './containers.ts'
import { execInContainer } from './exec.ts'
import { standInLabel } from './stand-in-node.ts'
import { readLogOptions } from './log-options.ts'
import { streamLogs } from './logs.ts'
import { forwardPorts } from './port-forward.ts'
import type { Upgrades } from './upgrades.ts'

export interface StreamContext {
  readonly objects: Objects
  readonly clock: Clock
  readonly upgrades: Upgrades
}

/** One request for a stream of a pod. */
export interface PodRequest {
  readonly pod: Pod
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

const served = new Set(['log', 'exec', 'attach', 'portforward'])

/** Serves what a kubelet serves of its pods through the API: logs, processes and ports. Answers whether it took the request. */
export async function connectPod(
  context: StreamContext,
  info: RequestInfo,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (info.group !== '' || info.resource !== 'pods' || !served.has(info.subresource)) return false
  if (request.method !== 'GET' && (info.subresource === 'log' || request.method !== 'POST')) return false
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams
  const options = info.subresource === 'log' ? readLogOptions(query, info.name, context.clock.now()) : undefined
  const ref = { ...resources.pods, namespace: info.namespace, name: info.name }
  const pod = (await context.objects.get(ref)) as Pod
  const call: PodRequest = { pod, query, request, response }
  const container = info.subresource === 'portforward' ? undefined : chooseContainer(pod, query.get('container') ?? '')
  const { nodeName } = pod.spec
  if (nodeName === undefined || nodeName === '') {
    if (!options) throw bad(`pod ${info.name} does not have a host assigned`)
    response.writeHead(204).end()
    return true
  }
  await checkNode(context.objects, nodeName, info)
  if (options && container) await streamLogs(context, call, container, options)
  else if (info.subresource === 'exec' && container) await execInContainer(context, call, container)
  else if (info.subresource === 'attach' && container) await attachContainer(context, call, container)
  else forwardPorts(context, call)
  return true
}

/** Nodes that others registered have no kubelet here. */
async function checkNode(objects: Objects, name: string, info: RequestInfo): Promise<void> {
  const node = await objects.get({ ...resources.nodes, name })
  if (node.metadata.labels?.[standInLabel] !== undefined) return
  const status = node['status'] as { addresses?: { type: string; address: string }[] } | undefined
  const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? name
  const dial = `dial tcp ${address}:10250: connect: connection refused`
  const url = `https://${address}:10250/containerLogs/${info.namespace}/${info.name}`
  throw new StatusError(
    500,
    'InternalError',
    info.subresource === 'log' ? `Get "${url}": ${dial}` : `error dialing backend: ${dial}`,
  )
}
