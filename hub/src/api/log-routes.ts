import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import type { Query } from '@flotilla/shared/protocol/query'
import { rbacName, readableApplication } from './application-access.ts'
import { param, permit, queryBool, queryOf, type ApiContext } from './context.ts'
import { ApiError, code, toApiError } from './errors.ts'
import { logEntry, mergeLogs, selectedPods, type TreeNode } from './logs.ts'
import { openStream } from './stream.ts'

/** Logs of the pods of an application, streamed through its agent. */
export function addLogRoutes(app: FastifyInstance, context: ApiContext): void {
  const logs = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const until = untilTime(queryOf(request, 'untilTime'))
    const { app: found, who } = await readableApplication(context, request)
    permit(context, request, who, rbacName(found))
    const key = `${found.metadata.namespace ?? ''}/${found.metadata.name ?? ''}`
    const cluster = context.controller.clusterOf(key)
    if (cluster === undefined) {
      throw new ApiError(code.failedPrecondition, `application ${found.metadata.name ?? ''} has no cluster it goes to`)
    }
    const tree = (await context.fleet.query(cluster, { type: 'tree', application: key })) as { nodes?: TreeNode[] }
    const podName = param(request, 'podName') || queryOf(request, 'podName')
    const pods = selectedPods(tree.nodes ?? [], {
      name: podName || queryOf(request, 'resourceName'),
      kind: podName ? 'Pod' : queryOf(request, 'kind'),
      group: queryOf(request, 'group'),
      namespace: queryOf(request, 'namespace'),
    })
    const most = Number(context.settings.current().cm['server.maxPodLogsToRender'] || 10)
    if (pods.length > most) {
      const message = 'max pods to view logs are reached. Please provide more granular query'
      throw new ApiError(code.invalidArgument, message)
    }
    const aborted = new AbortController()
    const download = queryBool(request, 'download') === true
    const stream = download ? undefined : openStream(request, reply, context.clock)
    const end = (): void => {
      if (stream) stream.end()
      else reply.raw.end()
    }
    if (download) openDownload(reply, [queryOf(request, 'namespace'), podName, queryOf(request, 'container')])
    reply.raw.on('close', () => aborted.abort())
    if (pods.length === 0) return end()
    const options = logOptions(request)
    const wanted = filterOf(queryOf(request, 'filter'), queryBool(request, 'matchCase') === true)
    const streams = pods.map((pod) => {
      const query: Query = { type: 'logs', application: key, ...refOf(pod), options }
      return { pod: pod.name, chunks: context.fleet.stream(cluster, query, { signal: aborted.signal }) }
    })
    try {
      for await (const line of mergeLogs(streams, context.clock)) {
        if (!wanted(line.content)) continue
        const past = until !== undefined && line.at > until
        if (stream) stream.send(logEntry(line, past))
        else reply.raw.write(`${line.content}\n`)
        if (past) return end()
      }
      const now = context.clock.now()
      stream?.send(logEntry({ content: '', pod: '', at: now, stamp: new Date(now).toISOString() }, true))
      end()
    } catch (error) {
      if (aborted.signal.aborted) return
      if (stream) stream.fail(toApiError(error))
      else end()
    } finally {
      aborted.abort()
    }
  }
  serve(app, routes.logs, logs)
  serve(app, routes.podLogs, logs)
}

function refOf(pod: TreeNode) {
  return { group: '', version: 'v1', kind: 'Pod', namespace: pod.namespace ?? '', name: pod.name }
}

/** What Kubernetes is asked for; lines always come with their times, which order them. */
function logOptions(request: FastifyRequest): Record<string, unknown> {
  const number = (key: string): number | undefined => {
    const value = Number(queryOf(request, key) || 0)
    return value > 0 ? value : undefined
  }
  const seconds = number('sinceTime.seconds')
  const container = queryOf(request, 'container')
  const given = {
    container: container || undefined,
    follow: queryBool(request, 'follow') || undefined,
    previous: queryBool(request, 'previous') || undefined,
    sinceSeconds: number('sinceSeconds'),
    sinceTime: seconds === undefined ? undefined : new Date(seconds * 1000).toISOString(),
    tailLines: number('tailLines'),
    timestamps: true,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function untilTime(text: string): number | undefined {
  if (text === '') return undefined
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  const layout = '2006-01-02T15:04:05.999999999Z07:00'
  const why = `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as "2006"`
  throw new ApiError(code.unknown, `invalid untilTime parameter value: ${why}`)
}

/** A leading `!` keeps the lines that do not hold the text. */
function filterOf(filter: string, matchCase: boolean): (content: string) => boolean {
  if (filter === '') return () => true
  const inverse = filter.startsWith('!')
  const fold = (text: string): string => (matchCase ? text : text.toLowerCase())
  const literal = fold(inverse ? filter.slice(1) : filter)
  return (content) => fold(content).includes(literal) !== inverse
}

function openDownload(reply: FastifyReply, names: readonly string[]): void {
  reply.hijack()
  const file = `${names.filter((name) => name !== '').join('-')}.log`.replace(/[^\w.-]/g, '_')
  reply.raw.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment;filename="${file}"`,
  })
}
