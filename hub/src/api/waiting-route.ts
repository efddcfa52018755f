import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { immutableAdvice } from '@flotilla/shared/engine/immutable-advice'
import { waitingAdvice, waitingOf } from '../applications/waiting.ts'
import { applicationOf } from './application-access.ts'
import { type ApiContext } from './context.ts'

/**
 * Ours: what an application waits for, since when, and when it is tried again, in words; nothing where it does not. Beside
 * it, what to do about it, and about objects that were refused because a field of theirs cannot change; and the plan of
 * an operation of several steps that runs, or of a dry run.
 */
export function addWaitingRoute(app: FastifyInstance, context: ApiContext): void {
  serve(app, routes.applicationWaiting, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { namespace = '', name = '' } = found.metadata
    const key = `${namespace}/${name}`
    const report = context.controller.reportOf(key)
    const cluster = context.controller.clusterOf(key)
    const presence = cluster === undefined ? undefined : context.fleet.presence(cluster)
    const waiting = waitingOf({ app: found, report, cluster, presence })
    const advice = [
      ...immutableAdvice(found.status?.operationState),
      ...waitingAdvice(name, waiting).map((message) => ({ message })),
    ]
    return {
      ...(waiting && { waiting }),
      ...(advice.length > 0 && { advice }),
      ...(report?.plan && { plan: report.plan }),
    }
  })
}
