import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import type { Application } from '@flotilla/shared/argo/application'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { ObjectEvent } from '@flotilla/shared/apiserver/objects'
import { applicationOf, rbacName } from './application-access.ts'
import { projectOfSet, rbacNameOfSet } from './application-set-access.ts'
import { identify, permits, queryList, queryOf, type ApiContext } from './context.ts'
import { toApiError } from './errors.ts'
import { matchesSelector } from './selector.ts'
import { openStream } from './stream.ts'
import { applicationToWire, selectFields, withoutKind } from './wire.ts'

/** The streams: applications, ApplicationSets, the tree of one application. */
export function addWatchRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context

  serve(app, routes.watchApplications, async (request, reply) => {
    const who = await identify(context, request)
    const name = queryOf(request, 'name')
    const fields = queryOf(request, 'fields')
    const projects = [...queryList(request, 'projects'), ...queryList(request, 'project')].filter(Boolean)
    const selector = matchesSelector(queryOf(request, 'selector'))
    const since = queryOf(request, 'resourceVersion')
    const wanted = (item: Application): boolean =>
      !context.controller.isBroken(item) &&
      (!name || item.metadata.name === name) &&
      (projects.length === 0 || projects.includes(item.spec.project || 'default')) &&
      selector(item.metadata.labels ?? {}) &&
      permits(context, request, who, rbacName(item))
    const kind = { ...resources.applications, namespace: controlNamespace }
    const { revision, items } = await objects.list(kind)
    const stream = openStream(request, reply, context.clock)
    const last = new Map<string, string>()
    const send = (type: string, item: Application): void => {
      if (!wanted(item)) return
      const envelope = selectFields({ result: { type, application: applicationToWire(item) } }, fields) as {
        result?: unknown
      }
      const text = JSON.stringify(envelope.result)
      const key = item.metadata.name ?? ''
      if (last.get(key) === text) return
      if (type === 'DELETED') last.delete(key)
      else last.set(key, text)
      stream.send(envelope.result)
    }
    if (!since || name) for (const item of items as readonly Application[]) send('ADDED', item)
    const onEvent = (event: ObjectEvent): void => {
      // History is gone: the client begins anew, with a list.
      if (event.type === 'GONE') stream.end()
      else send(event.type, event.object as Application)
    }
    stream.onClose(objects.watch(kind, since && !name ? since : revision, onEvent))
  })

  serve(app, routes.watchApplicationSets, async (request, reply) => {
    const who = await identify(context, request)
    const name = queryOf(request, 'name')
    const selector = matchesSelector(queryOf(request, 'selector'))
    const projects = queryList(request, 'projects').filter(Boolean)
    const kind = { ...resources.applicationSets, namespace: controlNamespace }
    const { revision, items } = await objects.list(kind)
    const stream = openStream(request, reply, context.clock)
    const send = (type: string, item: (typeof items)[number]): void => {
      if ((name && item.metadata.name !== name) || !selector(item.metadata.labels ?? {})) return
      if (projects.length > 0 && !projects.includes(projectOfSet(item))) return
      if (!permits(context, request, who, rbacNameOfSet(item))) return
      stream.send({ type, applicationSet: withoutKind(item) })
    }
    if (name) for (const item of items) send('ADDED', item)
    const onEvent = (event: ObjectEvent): void => {
      if (event.type === 'GONE') stream.end()
      else send(event.type, event.object)
    }
    stream.onClose(objects.watch(kind, queryOf(request, 'resourceVersion') || revision, onEvent))
  })

  serve(app, routes.watchTree, async (request, reply) => {
    const { app: found } = await applicationOf(context, request)
    const key = `${found.metadata.namespace ?? ''}/${found.metadata.name ?? ''}`
    const stream = openStream(request, reply, context.clock)
    let last = ''
    const send = async (): Promise<void> => {
      try {
        const tree = await context.fleet.query(context.controller.clusterOf(key) ?? '', {
          type: 'tree',
          application: key,
        })
        const text = JSON.stringify(tree)
        if (text !== last) stream.send(tree)
        last = text
      } catch (error) {
        stream.fail(toApiError(error))
      }
    }
    await send()
    stream.onClose(
      context.controller.apps().onChange((changed) => {
        if (changed.key === key && changed.previous) void send()
      }),
    )
  })
}
